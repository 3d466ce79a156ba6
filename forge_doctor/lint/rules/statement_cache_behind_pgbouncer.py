"""asyncpg's statement cache is on behind a pooler that may change the server connection.

Why: asyncpg prepares each statement under a name of its own count (`__asyncpg_stmt_1__`). A pooler in
transaction mode hands the next transaction another server connection, where that name is missing or
already another client's: "prepared statement does not exist" or "already exists" under load. PgBouncer
from 1.21 on can follow prepared statements, if `max_prepared_statements` is set.

Half a cure is none. Two processes of 75 transactions each, with SQLAlchemy 2.1.9 through PgBouncer 1.18 in transaction mode:
74 failed with the defaults, 17 with `prepared_statement_cache_size=0` alone, 88 with `prepared_statement_name_func` and
`statement_cache_size=0`, 52 with NullPool alone; none with `statement_cache_size=0`, and none with names of one's own beside
NullPool or `prepared_statement_cache_size=0`.

Wrong when: the pooler pools by session or follows statements. What a compose file and `pgbouncer.ini` of the project say of
it is read; Supabase's pooler gives sessions on its port 5432, and Neon's follows prepared statements. A pool or connection of
asyncpg itself is looked at as an engine is.

Bad:

    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://app@pgbouncer:6432/shop")

Good:

    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(
        "postgresql+asyncpg://app@pgbouncer:6432/shop",
        connect_args={"statement_cache_size": 0, "prepared_statement_cache_size": 0},
    )

With asyncpg itself:

    import asyncpg

    async def pool():
        return await asyncpg.create_pool("postgresql://app@pgbouncer:6432/shop", statement_cache_size=0)

Source: https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#prepared-statement-name-with-pgbouncer
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.dsn import Dsn
from forge_doctor.code.orm.engines import EngineCall, engine_calls
from forge_doctor.code.semantics.literals import HOLE, filled_text_of, followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, Node, Starred
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.lint.dataflow.poolers import POOLER, keeps_statements, url_given, url_of
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"create_engine", b"create_async_engine", b"engine_from_config", b"asyncpg")
# Both pool by session or by transaction; these two say which.
FOLLOWS = regex(r"\.neon\.(?:tech|build)$", re.IGNORECASE)
BY_PORT = regex(r"\.pooler\.supabase\.com$", re.IGNORECASE)
QUEUES = ("QueuePool", "AsyncAdaptedQueuePool")
PORTS = {"6432": "the usual port of PgBouncer", "6543": "the port of Supabase's transaction pooler"}
OWN_CACHE = "statement_cache_size"  # asyncpg's: at 0 its statements have no names
CACHE = "prepared_statement_cache_size"  # SQLAlchemy's
NAMES = "prepared_statement_name_func"
BOTH = 'connect_args={"statement_cache_size": 0, "prepared_statement_cache_size": 0}'
DRIVER = ("asyncpg.create_pool", "asyncpg.connect")


@check(severity=Severity.WARNING)
def statement_cache_behind_pgbouncer(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every asyncpg engine whose URL is written in code and leads to a pooler."""
    for engine in engine_calls(file, project):
        if engine.has_spread or engine.is_custom:
            continue
        given = url_of(project, file, engine)
        if given is None or given[0].driver != "asyncpg" or is_cured(engine, given[0]):
            continue
        sign = pooler_sign(given[0])
        if sign and not keeps_statements(project, file):
            yield found(file, engine.url_place, given[0], sign, given[1])
    yield from of_driver(file, project)


def of_driver(file: SourceFile, project: Project) -> Iterator[Finding]:
    """The pools and connections of asyncpg itself."""
    for call in file.calls("create_pool", "connect") if file.mentions(b"asyncpg") else ():
        if project.qualified(call.func) not in DRIVER or is_test_file(file):
            continue
        if any(one.name in ("", OWN_CACHE) for one in call.keywords) or any(
            isinstance(one, Starred) for one in call.args
        ):
            continue
        url = call.argument(0, "dsn")
        given = url_given(project, file, url) if url is not None else host_given(project, call)
        sign = "" if given is None or HOLE in given[0].query or OWN_CACHE in given[0].query else pooler_sign(given[0])
        if given is not None and sign and not keeps_statements(project, file):
            yield found(file, call, given[0], sign, given[1], remedy=f"{OWN_CACHE}=0")


def host_given(project: Project, call: Call) -> tuple[Dsn, str] | None:
    """The same as a URL where host and port are given apart."""
    host, port = call.keyword("host"), call.keyword("port")
    named = None if host is None else filled_text_of(project, host)
    number = "" if port is None else followed(project, port).text
    if not named:
        return None
    return Dsn(
        dialect="postgresql", driver="asyncpg", host=named, port=number if number.isdigit() else ""
    ), "its arguments"


def is_cured(engine: EngineCall, dsn: Dsn) -> bool:
    """Whether the statements' names or their cache are taken care of, or may be where we cannot see."""
    arguments = engine.connect_args()
    if HOLE in dsn.query or arguments is None:
        return True
    given = {*arguments, *(one.partition("=")[0] for one in dsn.query.split("&"))}
    if NAMES not in given:
        return OWN_CACHE in given
    # A name of one's own is as missing on another connection as any, once a pool keeps the statement.
    keeps = engine.keyword("poolclass") is None or engine.pool_class in QUEUES
    return CACHE in given or not keeps


def pooler_sign(dsn: Dsn) -> str:
    """What tells a pooler: the host's name, or a port."""
    if FOLLOWS.search(dsn.host) or (BY_PORT.search(dsn.host) and dsn.port not in PORTS):
        return ""
    if POOLER.search(dsn.host):
        return f"the host `{dsn.host.replace(HOLE, '...')}`"
    return f"port {dsn.port}, {PORTS[dsn.port]}" if dsn.port in PORTS else ""


def found(file: SourceFile, place: Node, dsn: Dsn, sign: str, source: str, remedy: str = BOTH) -> Finding:
    """Never sure: the pooler's mode and version are not in the code."""
    return file.finding(
        statement_cache_behind_pgbouncer,
        place,
        f"asyncpg's prepared statements are on, and {sign} tells a pooler: in transaction mode statements fail with "
        "`prepared statement ... does not exist` or `already exists`",
        confidence=Confidence.MEDIUM,
        remedy=remedy,
        evidence=(Evidence(label="pooler", value=dsn.port if dsn.port in PORTS else "host name", source=source),),
    )
