"""A database whose URL stands in the code that makes the engine."""

from __future__ import annotations

from forge_doctor.code.orm.engines import EngineCall
from forge_doctor.code.semantics.literals import HOLE, followed, text_of
from forge_doctor.code.syntax.nodes import Node
from forge_doctor.errors import UsageProblem
from forge_doctor.probes.postgres.dsn import resolve_written
from forge_doctor.triage.discovery.databases import Database


def database_in(engine: EngineCall) -> Database | None:
    """The database, where its whole address is written there; None where a part of it comes from elsewhere."""
    given, dsn = engine.url, engine.dsn or engine.default_dsn
    text = text_of(followed(engine.project, given)) if isinstance(given, Node) else given
    if not isinstance(text, str) or HOLE in text or dsn is None or not dsn.dialect.startswith("postgres"):
        return None
    try:
        target = resolve_written(text, f"the engine at {engine.place}", {})
    except UsageProblem:
        return None
    return Database(target=target, source=f"the URL written at {engine.place}")
