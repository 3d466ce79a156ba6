"""The pools of all processes together want more connections than PostgreSQL gives.

Why: every process has an engine, and so a pool, of its own: 4 workers with `pool_size=20, max_overflow=10` may open 120
connections. PostgreSQL takes 100 by default and keeps 3 of them for superusers; the 98th is refused with "sorry, too
many clients already" or "remaining connection slots are reserved", and not in the process that holds the most.

Bad:

    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/shop", pool_size=100, max_overflow=100)

Good:

    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/shop", pool_size=5, max_overflow=5)

Wrong when: the server allows more (`SHOW max_connections`), or a pooler stands before it: what a compose file or
`postgresql.conf` says of both is read. The number of processes is read from the project's own gunicorn configuration,
Procfile or Dockerfile, 1 where none says; settings that come from elsewhere keep this rule silent. `forge-doctor
pool` measures what is true.

Source: https://docs.sqlalchemy.org/en/20/core/pooling.html#using-connection-pools-with-multiprocessing-or-os-fork;
https://www.postgresql.org/docs/current/runtime-config-connection.html (max_connections 100,
superuser_reserved_connections 3); OpenEnergyPlatform/oeplatform#2495 (2026-09), TracecatHQ/tracecat#1034 (2025-04)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.orm.engines import EngineCall, engine_calls
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.lint.dataflow.one_time import runs_once
from forge_doctor.lint.dataflow.poolers import is_proxy, most_connections, url_of
from forge_doctor.lint.dataflow.start_files import files_above
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"create_engine", b"create_async_engine", b"engine_from_config")
DEFAULTS = {"pool_size": 5.0, "max_overflow": 10.0}
MOST, RESERVED = 100, 3  # max_connections, of which these are for superusers
QUEUES = frozenset({"", "QueuePool", "AsyncAdaptedQueuePool"})
GUNICORN = ("gunicorn.conf.py", "gunicorn_conf.py", "gunicorn_config.py")
STARTED = ("Procfile", "Dockerfile", "docker-compose.yml", "compose.yml", "entrypoint.sh", "start.sh")
WORKERS_LINE = regex(rb"(?m)^workers[ \t]{0,8}=[ \t]{0,8}(\d{1,3})[ \t]{0,8}(?:#[^\n]{0,200})?$")
# Each behind nothing that makes a comment of it.
OPTION = regex(
    rb"(?m)^[^#\n]{0,200}?(?:gunicorn|uvicorn|hypercorn)\b[^\n]{0,200}?(?:--workers|-w)[\"',= \t]{1,6}(\d{1,3})\b"
)
# Where uvicorn reloads, it starts one process, whatever is said of workers: "flag is ignored when reloading is enabled".
RELOADING = regex(rb"(?m)^[^#\n]{0,200}?\buvicorn\b[^\n]{0,400}?--reload\b(?!-)")
CONCURRENCY = regex(rb"(?m)^[^#\n]{0,100}?WEB_CONCURRENCY[=: \"']{1,4}(\d{1,3})\b")


class Slots(NamedTuple):
    """How many connections the server takes of those who are no superusers, and who says so."""

    number: int
    source: str


class Processes(NamedTuple):
    """How many, and who says so."""

    number: int
    source: str


@check(severity=Severity.WARNING)
def pools_exceed_server(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the limits of every engine's pool and at how many processes have one."""
    if is_test_file(file) or runs_once(file):
        return
    for engine in engine_calls(file, project):
        limits = limits_of(engine)
        if limits is None or (engine.dsn is not None and engine.dsn.dialect != "postgresql"):
            continue
        processes = processes_of(project, file)
        wanted = int(processes.number * sum(limits))
        most, source = most_connections(project, file) or (MOST, "PostgreSQL's default")
        given = url_of(project, file, engine)
        if wanted > most - RESERVED and (given is None or not is_proxy(given[0])):
            yield found(file, engine, limits, processes, Slots(most - RESERVED, source), wanted)


def limits_of(engine: EngineCall) -> tuple[float, float] | None:
    """`pool_size` and `max_overflow`; None where they are not known, or the pool has no limit."""
    if engine.has_spread or engine.is_custom or engine.pool_class not in QUEUES:
        return None
    if engine.keyword("poolclass") is not None and not engine.pool_class:
        return None
    numbers = [engine.number(name) if engine.keyword(name) else default for name, default in DEFAULTS.items()]
    size, overflow = numbers
    if size is None or overflow is None or size < 1 or overflow < 0:
        return None
    return size, overflow


def processes_of(project: Project, file: SourceFile) -> Processes:
    """What starts the project: its gunicorn configuration, else a command line, nearest to the file first."""
    for name, data in files_above(project, file, (*GUNICORN, *STARTED)):
        told = WORKERS_LINE.search(data) if name in GUNICORN else OPTION.search(data) or CONCURRENCY.search(data)
        if told is not None:
            is_reloading = name not in GUNICORN and RELOADING.search(data) is not None
            return Processes(1 if is_reloading else int(told[1]), name)
    return Processes(1, "one process")


def found(
    file: SourceFile, engine: EngineCall, limits: tuple[float, float], processes: Processes, slots: Slots, wanted: int
) -> Finding:
    """The finding, at the engine."""
    size, overflow = (int(one) for one in limits)
    return file.finding(
        pools_exceed_server,
        engine.call,
        f"each process has a pool of its own: {processes.number} x ({size} + {overflow}) = {wanted} connections, and "
        f"PostgreSQL takes {slots.number} ({slots.source}): the next one is refused",
        confidence=Confidence.MEDIUM,
        remedy=f"pool_size and max_overflow of at most {max(2, slots.number // processes.number)} together, or a pooler; "
        "`SHOW max_connections` says what this server allows",
        evidence=(
            Evidence(label="pool_size", value=size, unit="connections", source="the engine"),
            Evidence(label="max_overflow", value=overflow, unit="connections", source="the engine"),
            Evidence(label="processes", value=processes.number, source=processes.source),
        ),
    )
