"""env.py makes the coroutine that would migrate and drops it.

Why: a coroutine that nobody awaits does nothing. `alembic upgrade head` warns of it at most ("was never awaited"), exits
0 and has migrated nothing, and so do `alembic check` and `alembic current`: a deployment goes on with the old schema.

Bad:

    from alembic import context

    def do_run_migrations(connection):
        context.configure(connection=connection)
        context.run_migrations()

    async def run_async_migrations():
        async with engine.connect() as connection:
            await connection.run_sync(do_run_migrations)

    run_async_migrations()

Good:

    import asyncio
    from alembic import context

    def do_run_migrations(connection):
        context.configure(connection=connection)
        context.run_migrations()

    async def run_async_migrations():
        async with engine.connect() as connection:
            await connection.run_sync(do_run_migrations)

    asyncio.run(run_async_migrations())

Wrong when: something else awaits it. Told is only a call whose value goes nowhere (it stands alone, is bound to a name that
is not read again, or becomes a task that nobody awaits) and that leads to `context.run_migrations()`.

Source: https://alembic.sqlalchemy.org/en/latest/cookbook.html (Using Asyncio with Alembic); with Alembic 1.20.1
`upgrade head` exits 0 and does not even create alembic_version
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.syntax.nodes import Call
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.environment.env_script import EnvScript
from forge_doctor.migrations.environment.online import TASKS


@check(severity=Severity.CRITICAL)
def env_coroutine_not_awaited(script: EnvScript) -> Iterator[Finding]:
    """Look at the coroutines that nobody awaits and that would migrate."""
    migrates = bool(script.online.runs_migrations)
    for step, inner in script.online.dropped:
        if not inner.runs_migrations and not any(deeper.runs_migrations for _, deeper in inner.dropped):
            continue
        call = step.call
        around = call.parent
        is_task = isinstance(around, Call) and around.method in TASKS
        what = "is made a task that nobody awaits" if is_task else "is not awaited"
        # Where another way migrates, this one is taken in some situations only.
        yield call.file.finding(
            env_coroutine_not_awaited,
            call,
            f"the coroutine of `{call.func.text}(...)` {what}: `alembic upgrade head` exits 0 and migrates nothing",
            confidence=Confidence.MEDIUM if migrates or is_task else Confidence.HIGH,
            remedy=f"await {call.text}"
            if call.function is not None and call.function.is_async
            else f"asyncio.run({call.text})",
        )
