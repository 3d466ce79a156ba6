"""Alembic is run inside an event loop, and env.py starts one of its own.

Why: `asyncio.run()` in env.py cannot be called while a loop runs in the same thread: `command.upgrade()` inside an `async def`
ends with "RuntimeError: asyncio.run() cannot be called from a running event loop", and the application does not start.

Bad:

    # file: main.py
    from contextlib import asynccontextmanager
    from alembic import command
    from alembic.config import Config
    from fastapi import FastAPI

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        command.upgrade(Config("alembic.ini"), "head")
        yield

    app = FastAPI(lifespan=lifespan)

    # file: env.py
    import asyncio
    from alembic import context

    async def run_async_migrations():
        async with engine.connect() as connection:
            await connection.run_sync(context.run_migrations)

    asyncio.run(run_async_migrations())

Good:

    # file: main.py
    import asyncio
    from contextlib import asynccontextmanager
    from alembic import command
    from alembic.config import Config
    from fastapi import FastAPI

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        await asyncio.to_thread(command.upgrade, Config("alembic.ini"), "head")
        yield

    app = FastAPI(lifespan=lifespan)

    # file: env.py
    import asyncio
    from alembic import context

    async def run_async_migrations():
        async with engine.connect() as connection:
            await connection.run_sync(context.run_migrations)

    asyncio.run(run_async_migrations())

Wrong when: the call runs in a thread or process of its own, or env.py asks before it starts a loop. A hop through to_thread, an
executor or a subprocess on the way is seen; so is a condition around `asyncio.run()`, such as a connection that the caller puts
into `config.attributes`; where the caller puts none there, that condition does not help.

Source: https://alembic.sqlalchemy.org/en/latest/cookbook.html (Programmatic API use with Asyncio); sqlalchemy/alembic#1606
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.migrations.environment.env_script import EnvScript
from forge_doctor.migrations.environment.event_loop import LoopStart, loop_starts
from forge_doctor.migrations.environment.upgrades import Upgrade
from forge_doctor.regex import regex

HANDED_OVER = regex(r"\battributes(?:\[|\.update|\.setdefault)|\battributes\s*=")


@check(severity=Severity.CRITICAL)
def startup_nested_event_loop(script: EnvScript) -> Iterator[Finding]:
    """Look at upgrades inside a running loop, and at what env.py starts on its way."""
    told = set()
    for one in script.upgrades:
        start = _in_the_way(script, one) if one.in_loop and one.call not in told else None
        if start is None:
            continue
        told.add(one.call)
        outer = one.functions[-1]
        yield one.call.file.finding(
            startup_nested_event_loop,
            one.call,
            f"an event loop runs here (`async def {outer.name}`), and env.py calls `{start.call.func.text}()`: "
            "RuntimeError, and nothing is migrated",
            confidence=Confidence.HIGH,
            remedy='await asyncio.to_thread(command.upgrade, config, "head"), or run Alembic as a step of its own',
            related=(Related(message="starts a loop", location=start.call.file.location(start.call)),),
        )


def _in_the_way(script: EnvScript, upgrade: Upgrade) -> LoopStart | None:
    """What starts a loop whatever is asked before; a caller that hands its connection over may have turned it off."""
    for start in loop_starts(script):
        hands_over = upgrade.has(HANDED_OVER) or HANDED_OVER.search(upgrade.call.file.module.text) is not None
        if not start.is_guarded or (start.asks_attributes and not hands_over):
            return start
    return None
