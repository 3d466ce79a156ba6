"""env.py never calls `context.run_migrations()` when Alembic upgrades a database.

Why: Alembic loads env.py and does nothing by itself. Where no statement of the module leads to
`context.run_migrations()`, `alembic upgrade head`, `check` and `current` all exit 0, nothing is migrated, and
alembic_version is not even created: a deployment goes on with the old schema.

Bad:

    from alembic import context

    def run_migrations_online():
        with engine.connect() as connection:
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()

    if context.is_offline_mode():
        run_migrations_offline()

Good:

    from alembic import context

    def run_migrations_online():
        with engine.connect() as connection:
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()

    if context.is_offline_mode():
        run_migrations_offline()
    else:
        run_migrations_online()

Wrong when: something that is not in sight calls it: a function of another package that is given the work. Nothing is told
where env.py, on its way, calls or imports what is neither of this project nor of the standard library, SQLAlchemy or Alembic
and could do so. `if __name__ == "__main__"` is not true while Alembic loads env.py.

Source: https://alembic.sqlalchemy.org/en/latest/api/runtime.html (EnvironmentContext.run_migrations); with Alembic 1.20.1 all
three commands exit 0
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.syntax.nodes import Attribute, Call, FunctionDef, Node
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.environment.env_script import EnvScript
from forge_doctor.migrations.environment.loading import imported_modules
from forge_doctor.migrations.environment.online import RUN, is_left_out

# What these are given they do not run.
KNOWN = frozenset({"alembic", "sqlalchemy", "sqlmodel", "dotenv", "environs", "pydantic", "pydantic_settings", "geoalchemy2",
                   "pgvector", "loguru", "structlog", "psycopg", "psycopg2", "asyncpg", "greenlet"})  # fmt: skip


@check(severity=Severity.CRITICAL)
def env_run_migrations_not_called(script: EnvScript) -> Iterator[Finding]:
    """Look whether the module's statements lead to a call of `context.run_migrations()`."""
    online = script.online
    if online.runs_migrations or any(inner.runs_migrations or inner.dropped for _, inner in online.dropped):
        return
    place = _place(script)
    if place is None and not _sees_all(script):
        return
    node, what = place or (script.file.module.body[0] if script.file.module.body else script.file.module, "")
    yield node.file.finding(
        env_run_migrations_not_called,
        node,
        f"{what or 'nothing in env.py calls `context.run_migrations()`'}: `alembic upgrade head` exits 0 and migrates nothing",
        confidence=Confidence.HIGH if _sees_all(script) else Confidence.MEDIUM,
        remedy="end env.py with `if context.is_offline_mode(): run_migrations_offline()` and `else: run_migrations_online()`",
    )


def _place(script: EnvScript) -> tuple[Node, str] | None:
    """Where the call should have been, and why it is none; None where the file does not mention it."""
    mentioned = [one for one in script.file.query(Attribute) if one.attr == RUN and _is_context(script, one)]
    for one in mentioned:
        if not (isinstance(one.parent, Call) and one.parent.func is one) and not is_left_out(script.project, one):
            return one, "`context.run_migrations` is mentioned here and not called"
    for one in mentioned:
        function = one.function
        if function is not None and not _is_offline(function):
            outer = next((far for far in function.ancestors if isinstance(far, FunctionDef)), function)
            return outer.name_node, f"nothing calls `{outer.name}()` when env.py is loaded"
    return (mentioned[0], "`context.run_migrations()` is called for `--sql` alone") if mentioned else None


def _is_context(script: EnvScript, attribute: Attribute) -> bool:
    name = script.project.qualified(attribute)
    return name == f"alembic.context.{RUN}" or (not name and attribute.value.text.endswith("context"))


def _is_offline(function: FunctionDef) -> bool:
    return "offline" in function.name.lower()


def _sees_all(script: EnvScript) -> bool:
    """Whether nothing that env.py imports could run the migrations out of sight."""
    for dotted in imported_modules(script.file.data):
        package = dotted.lstrip(".").partition(".")[0]
        if dotted.startswith(".") or not package or package in KNOWN or package in sys.stdlib_module_names:
            continue
        if script.project.module(package, script.file) is None and not _is_folder(script, package):
            return False
    return True


def _is_folder(script: EnvScript, package: str) -> bool:
    """Whether it is a folder of the project without a module of its own."""
    around = (script.file.absolute.parent, *script.file.absolute.parents[:6])
    return any((folder / package).is_dir() for folder in around)
