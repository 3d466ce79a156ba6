"""An engine behind a proxy that closes idle connections does not test them before use.

Why: poolers and managed databases close a connection that has been idle for some minutes, or when they suspend or fail
over. The pool does not notice: the first request after a quiet time gets the dead one and fails with "connection was
closed in the middle of operation" or "SSL connection has been closed unexpectedly". Then all goes well again, so that
the fault looks like bad luck.

Bad:

    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://app@aws-0-eu-west-1.pooler.supabase.com:5432/shop")

Good:

    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(
        "postgresql+asyncpg://app@aws-0-eu-west-1.pooler.supabase.com:5432/shop", pool_pre_ping=True
    )

Wrong when: nothing between closes idle connections, or none is kept. NullPool, `pool_pre_ping`, `pool_recycle`,
settings that come from elsewhere, a listener that is told of each checkout, and a host whose name tells of no proxy
keep this rule silent; since no host's settings are in the code, confidence stays medium. Where the code asks the
environment for the URL, the nearest compose file says it.

Source: https://docs.sqlalchemy.org/en/20/core/pooling.html#disconnect-handling-pessimistic;
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-managing.html (IdleClientTimeout, 30 minutes);
fecgov/openFEC#6453 (2026-01)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.dsn import Dsn
from forge_doctor.code.orm.engines import EngineCall, engine_calls
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.lint.dataflow.poolers import is_proxy, url_given, url_of

SUSPECT = AnyWord(b"create_engine", b"create_async_engine", b"engine_from_config", b"psycopg_pool")
PSYCOPG = ("psycopg_pool.AsyncConnectionPool", "psycopg_pool.ConnectionPool")
# With these its pool tests a connection, or keeps none for as long as is usual.
CARES = ("", "check", "max_idle", "max_lifetime")
# What an engine's own listener is told of: it may test the connection itself.
LISTENS = (b'"engine_connect"', b'"checkout"', b"'engine_connect'", b"'checkout'")


@check(severity=Severity.WARNING)
def stale_connections_behind_proxy(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every engine whose URL is written in code and whose pool keeps connections."""
    if is_test_file(file) or file.mentions(*LISTENS):
        return
    for engine in engine_calls(file, project):
        if engine.has_spread or engine.is_custom or is_cared_for(engine):
            continue
        given = url_of(project, file, engine)
        if given is not None and is_proxy(given[0]):
            yield found(file, engine.url_place, *given)
    for call in file.calls("AsyncConnectionPool", "ConnectionPool") if file.mentions(b"psycopg_pool") else ():
        url = call.argument(0, "conninfo")
        if (
            url is None
            or project.qualified(call.func) not in PSYCOPG
            or any(one.name in CARES for one in call.keywords)
        ):
            continue
        given = url_given(project, file, url)
        if given is not None and is_proxy(given[0]):
            remedy = f"check={call.method}.check_connection"
            yield found(file, url if url.file is file else call, *given, remedy=remedy)


def is_cared_for(engine: EngineCall) -> bool:
    """Whether connections are tested, renewed or not kept, or may be where we cannot see."""
    if engine.keyword("poolclass") is not None and engine.pool_class not in ("QueuePool", "AsyncAdaptedQueuePool"):
        return True
    if engine.keyword("pool_recycle") is not None:
        return engine.number("pool_recycle") != -1
    ping = engine.setting("pool_pre_ping")
    return ping is not None and ping.text != "False"


def found(file: SourceFile, place: Node, dsn: Dsn, source: str, *, remedy: str = "pool_pre_ping=True") -> Finding:
    """The finding, at the URL."""
    return file.finding(
        stale_connections_behind_proxy,
        place,
        f"`{dsn.host}` is a proxy by its name, and the pool hands out connections that it may have closed meanwhile: the "
        "first query after a quiet time fails",
        confidence=Confidence.MEDIUM,
        remedy=remedy,
        evidence=(Evidence(label="host", value=dsn.host, source=source),),
    )
