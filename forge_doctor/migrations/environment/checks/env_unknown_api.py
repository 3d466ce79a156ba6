"""env.py uses a name that Alembic does not have.

Why: every command of Alembic loads env.py, so that all of them end with ImportError or AttributeError. Names such as
`AsyncMigrationContext` stand in articles and in generated code; no Alembic has them: an asyncio engine is used through
`await connection.run_sync(do_run_migrations)`.

Bad:

    from alembic import context
    from alembic.runtime.migration import AsyncMigrationContext

    def run_migrations_online():
        context.run_migrations()

    run_migrations_online()

Good:

    from alembic import context
    from alembic.runtime.migration import MigrationContext

    def run_migrations_online():
        context.run_migrations()

    run_migrations_online()

Wrong when: a later Alembic than 1.20 has the name. Compared is with the names of versions 1.4 to 1.20; what is imported
under `try` or read with getattr is not judged, nor is a private name.

Source: https://alembic.sqlalchemy.org/en/latest/cookbook.html (Using Asyncio with Alembic); "ImportError: cannot import
name 'AsyncMigrationContext'" with Alembic 1.20.1
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check, nearest
from forge_doctor.code.semantics.names.bindings import imports
from forge_doctor.code.syntax.nodes import Attribute, Import, ImportFrom, Node, Try
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.environment.alembic_names import CONTEXT, is_unknown_module, is_unknown_name
from forge_doctor.migrations.environment.env_script import EnvScript

ASYNC_MEND = "no part of Alembic is async: `await connection.run_sync(do_run_migrations)` inside `asyncio.run(...)`"


@check(severity=Severity.CRITICAL)
def env_unknown_api(script: EnvScript) -> Iterator[Finding]:
    """Look at what is imported of Alembic and at the attributes of `alembic.context`."""
    for node, module, name in _imported(script):
        if is_unknown_module(module):
            yield _finding(script, node, f"Alembic has no module `{module}`", name or module)
        elif name and is_unknown_name(module, name):
            yield _finding(script, node, f"`{module}` has no `{name}`", name)
    for attribute in script.file.query(Attribute):
        module = script.project.qualified(attribute.value) if attribute.value.text.endswith("context") else ""
        if module == "alembic.context" and is_unknown_name(module, attribute.attr):
            yield _finding(script, attribute, f"`alembic.context` has no `{attribute.attr}`", attribute.attr)


def _imported(script: EnvScript) -> Iterator[tuple[Node, str, str]]:
    """The statement, the module of Alembic, and the name taken from it, empty for the module itself."""
    statements = (*script.file.query(Import), *script.file.query(ImportFrom))
    for statement in statements:
        if statement.enclosing(Try) is not None:
            continue
        for binding in imports(statement):
            dotted = binding.module
            if isinstance(statement, Import):
                dotted = statement.text.removeprefix("import").split(" as ")[0].strip().split(",")[0].strip()
            ours = dotted == "alembic" or dotted.startswith("alembic.")
            # A folder of the project may be called alembic.
            if ours and script.project.module("alembic", script.file) is None and binding.name != "*":
                yield statement, dotted, binding.imported


def _finding(script: EnvScript, node: Node, fact: str, name: str) -> Finding:
    hint = nearest(name, CONTEXT) if "context" in fact else ""
    remedy = ASYNC_MEND if "async" in name.lower() else hint.removeprefix("; ") if hint.startswith("; ") else ""
    return script.file.finding(
        env_unknown_api,
        node,
        f"{fact}, in no version from 1.4 to 1.20: each command of Alembic ends here with an error",
        confidence=Confidence.HIGH,
        remedy=remedy or "take the name out, or look it up in Alembic's documentation",
    )
