"""Each worker or replica of the application upgrades the database as it starts.

Why: `uvicorn --workers 4`, gunicorn and every replica run the start-up code once a process, at the same moment. All of them
find the same revisions pending and run them: the first one commits, another fails with "already exists", a duplicate key in
alembic_version or a deadlock, and the application does not come up.

Bad:

    # file: main.py
    import asyncio
    from contextlib import asynccontextmanager
    from alembic import command
    from alembic.config import Config
    from fastapi import FastAPI

    def upgrade_to_head():
        command.upgrade(Config("alembic.ini"), "head")

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        await asyncio.to_thread(upgrade_to_head)
        yield

    app = FastAPI(lifespan=lifespan)

    # file: env.py
    from alembic import context

    context.configure(connection=connection)
    context.run_migrations()

Good:

    # file: main.py
    import asyncio
    from contextlib import asynccontextmanager
    from alembic import command
    from alembic.config import Config
    from fastapi import FastAPI

    def upgrade_to_head():
        command.upgrade(Config("alembic.ini"), "head")

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        await asyncio.to_thread(upgrade_to_head)
        yield

    app = FastAPI(lifespan=lifespan)

    # file: env.py
    from alembic import context
    from sqlalchemy import text

    context.configure(connection=connection)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(727001)"))
        context.run_migrations()

Wrong when: one process alone ever starts, or something lets one of them through at a time. Nothing is told where env.py, a
module it loads or a function on the way takes an advisory lock, a file lock or a lock of Redis. The confidence is high where a
file of the project starts more than one worker, else medium. A start script (`alembic upgrade head && uvicorn ...`) is told
only where a compose file or a manifest says that several replicas run it, at high confidence where its service names it.

Source: https://fastapi.tiangolo.com/deployment/concepts/ (Previous Steps Before Starting); of seven rounds of four
`alembic upgrade head` at once on an empty database one to three upgrades failed in four rounds
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, Related, Severity
from forge_doctor.migrations.environment.entrypoints import started_by_replicas
from forge_doctor.migrations.environment.env_script import EnvScript
from forge_doctor.migrations.environment.workers import several_workers
from forge_doctor.regex import regex

# What lets one process through at a time; that of one event loop does not.
LOCK = regex(
    r"advisory|(?<!asyncio\.)\b\w*(?:file_?lock|flock|lockf|redis_?lock)|\block\s+table|[^o]\.lock\(|leader",
    re.IGNORECASE,
)


@check(severity=Severity.WARNING)
def migrate_at_startup(script: EnvScript) -> Iterator[Finding]:
    """Look at what upgrades at the application's start, and whether anything keeps workers apart."""
    yield from _by_replicas(script)
    told = set()
    for one in script.upgrades:
        if not one.start or one.call in told or one.has(LOCK) or script.mentions(b"advisory", b"flock", b"FileLock"):
            continue
        told.add(one.call)
        workers = several_workers(script.project.root)
        yield one.call.file.finding(
            migrate_at_startup,
            one.call,
            f"every worker upgrades the database as it starts, in {one.start}: they race for the same revisions",
            confidence=Confidence.HIGH if workers else Confidence.MEDIUM,
            remedy="run `alembic upgrade head` once, as a step before the workers start; or take a lock first in env.py: "
            'connection.execute(text("SELECT pg_advisory_xact_lock(727001)"))',
            evidence=tuple(Evidence(label="workers", value=where, source=where.partition(":")[0]) for where in workers),
            related=tuple(
                Related(message=f"through `{via.name}()`", location=via.file.location(via.name_node))
                for via in one.functions[1:]
            ),
        )


def _by_replicas(script: EnvScript) -> Iterator[Finding]:
    """What several replicas run before the application, each of them."""
    if script.mentions(b"advisory", b"flock", b"FileLock"):
        return
    name = script.project.reading.name
    for one in {(entry.path, entry.line): entry for entry in started_by_replicas(script.project.root)}.values():
        where = f"{name(one.told)}:{one.told_line}"
        yield Finding(
            severity=Severity.WARNING,
            confidence=Confidence.HIGH if one.is_sure else Confidence.MEDIUM,
            message=f"each of {one.replicas} replicas upgrades the database before it starts the application: they race for the"
            " same revisions",
            location=Location(target=name(one.path), line=one.line),
            remedy="run `alembic upgrade head` once, as a step of the deployment (a job that the service depends on); or take a"
            ' lock first in env.py: connection.execute(text("SELECT pg_advisory_xact_lock(727001)"))',
            evidence=(Evidence(label="replicas", value=one.replicas, source=where),),
        )
