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

Wrong when: nothing between closes idle connections, or none is kept. NullPool, `pool_pre_ping`, `pool_recycle`, settings
that come from elsewhere and a host whose name tells of no proxy keep this rule silent; since no host's settings are in
the code, confidence stays medium. Where the code asks the environment for the URL, the nearest compose file says it.

Source: https://docs.sqlalchemy.org/en/20/core/pooling.html#disconnect-handling-pessimistic;
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-managing.html (IdleClientTimeout, 30 minutes);
fecgov/openFEC#6453 (2026-01)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.dsn import Dsn, parse_dsn
from forge_doctor.code.orm.engines import EngineCall, engine_calls
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.lint.dataflow.start_files import COMPOSE, files_above
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"create_engine", b"create_async_engine", b"engine_from_config")
PROXY = regex(
    r"pg-?bouncer|pooler|pgcat|supavisor|pgpool|haproxy|\bproxy-|-proxy\b|\.proxy\.|neon\.tech$|database\.azure\.com$"
    r"|\.cockroachlabs\.cloud$",
    re.IGNORECASE,
)
# `DATABASE_URL: postgresql+asyncpg://app@pgbouncer:6432/shop` of a compose file, and what asks for it in code.
VARIABLE = regex(
    rb"(?m)^[ \t]*(?:-[ \t]*)?[\"']?(\w{1,80})[ \t]*[:=][ \t]*[\"']?([a-z][a-z0-9+]{2,40}://[^\s\"'#]{1,300})"
)
ENVIRONMENT = regex(r"environ|getenv|settings|config|env\b", re.IGNORECASE)
SERVERS = frozenset({"postgresql", "postgres", "mysql", "mariadb"})


@check(severity=Severity.WARNING)
def stale_connections_behind_proxy(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every engine whose URL is written in code and whose pool keeps connections."""
    if is_test_file(file):
        return
    for engine in engine_calls(file, project):
        if engine.has_spread or engine.is_custom or is_cared_for(engine):
            continue
        dsn, source = engine.dsn or engine.default_dsn, "the URL"
        if dsn is None:
            dsn, source = from_compose(project, file, engine) or (None, "")
        if dsn is not None and is_proxy(dsn):
            yield found(file, engine, dsn, source)


def is_proxy(dsn: Dsn) -> bool:
    """Whether it is a server's URL whose host is a proxy by its name."""
    return dsn.dialect in SERVERS and PROXY.search(dsn.host) is not None


def from_compose(project: Project, file: SourceFile, engine: EngineCall) -> tuple[Dsn, str] | None:
    """The URL that a compose file gives the variable the engine asks for, or else the one host that all its URLs name, and
    the file's name."""
    url = engine.url
    asked = "" if not isinstance(url, Node) else followed(project, url).text
    for name, data in files_above(project, file, COMPOSE) if ENVIRONMENT.search(asked) is not None else ():
        given = [(one[1].decode(), parse_dsn(one[2].decode("utf-8", "replace"))) for one in VARIABLE.finditer(data)]
        servers = [(variable, dsn) for variable, dsn in given if dsn is not None and dsn.dialect in SERVERS]
        own = [dsn for variable, dsn in servers if re.search(rf"\b{variable}\b", asked, re.IGNORECASE)]
        for dsn in own or [one for _, one in servers if len({dsn.host for _, dsn in servers}) == 1]:
            return dsn, name
    return None


def is_cared_for(engine: EngineCall) -> bool:
    """Whether connections are tested, renewed or not kept, or may be where we cannot see."""
    if engine.keyword("poolclass") is not None and engine.pool_class not in ("QueuePool", "AsyncAdaptedQueuePool"):
        return True
    if engine.keyword("pool_recycle") is not None:
        return engine.number("pool_recycle") != -1
    ping = engine.setting("pool_pre_ping")
    return ping is not None and ping.text != "False"


def found(file: SourceFile, engine: EngineCall, dsn: Dsn, source: str) -> Finding:
    """The finding, at the URL."""
    return file.finding(
        stale_connections_behind_proxy,
        engine.url_place,
        f"`{dsn.host}` is a proxy by its name, and the pool hands out connections that it may have closed meanwhile: the "
        "first query after a quiet time fails",
        confidence=Confidence.MEDIUM,
        remedy="pool_pre_ping=True",
        evidence=(Evidence(label="host", value=dsn.host, source=source),),
    )
