"""env.py compares the database with no metadata.

Why: with `target_metadata = None`, as Alembic's template has it, `alembic revision --autogenerate` and `alembic check` have
nothing to compare the database with: autogenerate ends with an error, and a check in CI tells nothing of the models.

Bad:

    from alembic import context

    target_metadata = None

    def run_migrations_online():
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()

    run_migrations_online()

Good:

    from alembic import context
    from shop.models import Base

    target_metadata = Base.metadata

    def run_migrations_online():
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()

    run_migrations_online()

Wrong when: the project writes its revisions by hand and has no metadata. Where no file around env.py declares a table for
SQLAlchemy the confidence is low, and where settings are handed on that are not in sight nothing is told.

Source: https://alembic.sqlalchemy.org/en/latest/autogenerate.html (env.py must be given the target metadata)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.syntax.nodes import Assign, Name, Node
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.environment.env_script import Configure, EnvScript


@check(severity=Severity.WARNING)
def env_metadata_none(script: EnvScript) -> Iterator[Finding]:
    """Look at what `context.configure()` is given where it is given a connection."""
    online = [one for one in script.every_configure if one.is_online]
    for one in online[:1]:
        node = _none(one)
        if node is not None:
            yield node.file.finding(
                env_metadata_none,
                node,
                "autogenerate and `alembic check` compare the database with nothing: target_metadata is None",
                confidence=Confidence.HIGH if script.models_near else Confidence.LOW,
                remedy="target_metadata = Base.metadata, with every module of models imported before",
            )


def _none(configure: Configure) -> Node | None:
    """Where the None is written; None where there is metadata, or where that is not in sight."""
    if configure.settings is None:
        return None
    given = configure.setting("target_metadata")
    if given is None:
        return None if configure.settings.get("target_metadata") is not None else configure.call
    if given.text != "None":
        return None
    written = configure.call.keyword("target_metadata")
    if isinstance(written, Name):
        for assign in given.file.query(Assign):
            if assign.value is given:
                return assign
    return given
