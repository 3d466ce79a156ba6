"""The numbers of an application's pool, as its source writes them; imports none of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from forge_doctor.code.orm.engines import MAKERS, EngineCall, engine_calls
from forge_doctor.code.semantics.literals import followed, setting_default, text_of
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Call, Node, Subscript
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.probes.application.app_engine import EngineFacts

# SQLAlchemy 2.0 and 2.1: QueuePool's own defaults, where an engine is made without a word of it.
POOL_SIZE, MAX_OVERFLOW, POOL_TIMEOUT_S = 5, 10, 30.0
DEEPEST = 6


def engines_in(root: Path, files: Sequence[Path]) -> tuple[tuple[str, EngineCall], ...]:
    """Every call that makes an engine, async ones first, with its place (`shop/db.py:12`)."""
    project = Project(root)
    project.reading.here = root
    found = sorted(_engines(project, files), key=lambda one: (not one[1].is_async, one[0]))
    return tuple(found)


def _engines(project: Project, files: Sequence[Path]) -> Iterator[tuple[str, EngineCall]]:
    for path in files:
        data = project.reading.bytes_of(path) or b""
        if not any(maker.encode() in data for maker in MAKERS):
            continue
        file = project.open(path)
        if file is None:
            continue
        file.path = project.reading.name(path)
        if not is_test_file(file):
            yield from ((f"{file.path}:{engine.call.line}", engine) for engine in engine_calls(file, project))


def facts_of(place: str, engine: EngineCall, variables: Mapping[str, str]) -> EngineFacts | None:
    """The engine's numbers, with what `variables` of its process set.

    None where they are not written there: `**settings`, a pool of the caller's own.
    """
    if engine.is_custom or engine.has_spread:
        return None
    pool_class = engine.pool_class or ("AsyncAdaptedQueuePool" if engine.is_async else "QueuePool")
    known = _Numbers(engine, variables)
    size, overflow = known.number("pool_size", POOL_SIZE), known.number("max_overflow", MAX_OVERFLOW)
    if size is None or overflow is None:
        return None
    queued = pool_class.endswith("QueuePool")
    return EngineFacts(
        name=place,
        dialect=engine.dsn.dialect if engine.dsn else "postgresql",
        driver=engine.dsn.driver if engine.dsn else "",
        pool_class=pool_class,
        pool_size=int(size) if queued else None,
        max_overflow=int(overflow) if queued else None,
        pool_timeout_s=known.number("pool_timeout", POOL_TIMEOUT_S),
        pool_recycle_s=known.number("pool_recycle", -1.0),
        pre_ping=known.flag("pool_pre_ping"),
    )


class _Numbers:
    """What the keywords of an engine say: through names bound once, defaults of settings, and what the process's
    environment sets of either."""

    def __init__(self, engine: EngineCall, variables: Mapping[str, str]) -> None:
        self._engine = engine
        self._variables = {name.upper(): value for name, value in variables.items()}

    def number(self, name: str, default: float) -> float | None:
        """The number; the default where the keyword is not given, None where it is and cannot be told."""
        given = self._engine.call.keyword(name)
        if given is None:
            return default
        try:
            return float(self._said(given).strip("'\"").replace("_", ""))
        except ValueError:
            return None

    def flag(self, name: str) -> bool | None:
        """The same of a switch."""
        given = self._engine.call.keyword(name)
        return False if given is None else {"true": True, "false": False}.get(self._said(given).lower())

    def _said(self, written: Node, depth: int = 0) -> str:
        """What an expression comes to, as text; empty where that is not known."""
        node = followed(self._engine.project, written)
        if depth > DEEPEST:
            return ""
        if isinstance(node, Call) and node.func.text in ("int", "float", "bool", "str") and len(node.args) == 1:
            return self._said(node.args[0], depth + 1)
        if isinstance(node, Call) and node.func.text.endswith(("environ.get", "getenv", "config", "env.int", "env")):
            return self._from_environment(node, depth)
        if isinstance(node, Subscript) and node.value.text.endswith("environ"):
            return self._variables.get(node.text.rpartition("[")[2].strip("]'\"").upper(), "")
        if isinstance(node, Attribute):
            default = setting_default(self._engine.project, node)
            return self._setting(node.attr.upper()) or ("" if default is None else self._said(default, depth + 1))
        return node.text

    def _from_environment(self, call: Call, depth: int) -> str:
        name = (text_of(call.args[0]) or "").upper() if call.args else ""
        default = call.argument(1, "default")
        return self._variables.get(name) or ("" if default is None else self._said(default, depth + 1))

    def _setting(self, name: str) -> str:
        """What sets a field of a settings class: the variable of its name, after whatever prefix."""
        found = {value for key, value in self._variables.items() if key == name or key.endswith(f"_{name}")}
        return found.pop() if len(found) == 1 else ""
