"""Which pooler or proxy stands between an engine and its server, and how it and the server are set up, as far as URLs, compose
files and `pgbouncer.ini` say; connects to none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.code.orm.dsn import Dsn, parse_dsn
from forge_doctor.code.orm.engines import EngineCall, dsn_given
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Name, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.lint.dataflow.start_files import COMPOSE, files_above
from forge_doctor.regex import regex

# A word of the host's name: `spooler` is none.
POOLER = regex(r"pg-?bouncer|(?<![a-z])pooler|pgcat|supavisor", re.IGNORECASE)
PROXY = regex(
    POOLER.pattern + r"|pgpool|haproxy|\bproxy-|-proxy\b|\.proxy\.|neon\.tech$|database\.azure\.com$"
    r"|\.cockroachlabs\.cloud$",
    re.IGNORECASE,
)
SERVERS = frozenset({"postgresql", "postgres", "mysql", "mariadb"})
BOUNCER_FILES = ("pgbouncer.ini", "pgbouncer/pgbouncer.ini")
# `DATABASE_URL: postgresql+asyncpg://app@pgbouncer:6432/shop` of a compose file, and what asks for it in code.
VARIABLE = regex(
    rb"(?m)^[ \t]*(?:-[ \t]*)?[\"']?(\w{1,80})[ \t]*[:=][ \t]*[\"']?([a-z][a-z0-9+]{2,40}://[^\s\"'#]{1,300})"
)
ENVIRONMENT = regex(r"environ|getenv|settings|config|env\b", re.IGNORECASE)
# The settings of PgBouncer, as its file and the variables of its images call them.
KEEPS_STATEMENTS = regex(
    rb"(?mi)^[ \t]*(?:-[ \t]*)?[\"']?(?:PGBOUNCER_)?"
    rb"(?:(?:DEFAULT_)?POOL_MODE[\"']?[ \t]*[:=][ \t]*[\"']?session|MAX_PREPARED_STATEMENTS[\"']?[ \t]*[:=][ \t]*[\"']?[1-9])"
)
MOST_CONNECTIONS = regex(rb"(?m)^[^#\n]{0,200}\bmax_connections[\"']?[ \t]*=[ \t]*[\"']?(\d{1,6})\b")


def url_of(project: Project, file: SourceFile, engine: EngineCall) -> tuple[Dsn, str] | None:
    """The URL an engine is made for, and who says so: the code, the default of its settings, or the nearest compose file."""
    written = engine.dsn or engine.default_dsn
    if written is not None:
        return written, "the URL"
    return url_given(project, file, engine.url) if isinstance(engine.url, Node) else None


def url_given(project: Project, file: SourceFile, url: Node) -> tuple[Dsn, str] | None:
    """The same of an expression: a parameter is what the callers in its file give, or its default."""
    for given in (url, *_given_by_callers(project, url)):
        written = dsn_given(project, given)
        if written is not None:
            return written, "the URL"
    return _from_compose(project, file, url)


def _given_by_callers(project: Project, url: Node) -> Iterator[Node]:
    function = url.function
    if function is None or not isinstance(url, Name) or url.text not in function.param_names:
        return
    for call in url.file.calls(function.name):
        given = function.argument(call, url.text) if project.called(call) is function else None
        if given is not None:
            yield given
    param = function.param(url.text)
    if param is not None and param.default is not None:
        yield param.default


def _from_compose(project: Project, file: SourceFile, url: Node) -> tuple[Dsn, str] | None:
    """The URL that a compose file gives the variable that is asked for, or else the one host that all its URLs name, and
    the file's name."""
    asked = followed(project, url).text
    for name, data in files_above(project, file, COMPOSE) if ENVIRONMENT.search(asked) is not None else ():
        given = [(one[1].decode(), parse_dsn(one[2].decode("utf-8", "replace"))) for one in VARIABLE.finditer(data)]
        servers = [(variable, dsn) for variable, dsn in given if dsn is not None and dsn.dialect in SERVERS]
        own = [dsn for variable, dsn in servers if re.search(rf"\b{variable}\b", asked, re.IGNORECASE)]
        # A pooler is given the server's URL by the same name, without a driver.
        own.sort(key=lambda one: not one.driver)
        for dsn in own or [one for _, one in servers if len({dsn.host for _, dsn in servers}) == 1]:
            return dsn, name
    return None


def is_proxy(dsn: Dsn) -> bool:
    """Whether it is a server's URL whose host is a pooler or proxy by its name."""
    return dsn.dialect in SERVERS and PROXY.search(dsn.host) is not None


def keeps_statements(project: Project, file: SourceFile) -> bool:
    """Whether the project's own PgBouncer pools by session, or follows prepared statements."""
    found = files_above(project, file, (*BOUNCER_FILES, *COMPOSE))
    return any(KEEPS_STATEMENTS.search(data) is not None for _, data in found)


def most_connections(project: Project, file: SourceFile) -> tuple[int, str] | None:
    """What the server is started with for `max_connections`, and the name of the file that says so."""
    for name, data in files_above(project, file, (*COMPOSE, "postgresql.conf")):
        told = MOST_CONNECTIONS.search(data)
        if told is not None:
            return int(told[1]), name
    return None
