"""A connection option of libpq is given to asyncpg, which does not know it.

Why: what stands behind the `?` of a URL, and in `connect_args`, is handed to the driver's `connect()`. `sslmode`,
`channel_binding`, `connect_timeout`, `application_name` and `options` are libpq's; asyncpg raises TypeError, "connect() got
an unexpected keyword argument 'sslmode'", at the first connection. URLs of hosted databases come with `sslmode=require`.

Bad:

    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://app@db.example/shop?sslmode=require")

Good:

    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://app@db.example/shop?ssl=require")

Wrong when: the URL is changed before the engine gets it, or a `do_connect` listener changes what the driver gets; only what
    the engine is given as it stands counts.
Source: https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.connection.connect (arguments of asyncpg 0.32;
    TypeErrors seen through SQLAlchemy 2.1.9)
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

from forge_doctor.check import check
from forge_doctor.code.orm.engines import EngineCall, engine_calls
from forge_doctor.code.semantics.literals import HOLE
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Severity

SUSPECT = AnyWord(b"create_async_engine", b"async_engine_from_config")
# Options of libpq that asyncpg has no argument for, and what says the same there.
INSTEAD = {
    "sslmode": "ssl={value}",
    "sslrootcert": "connect_args={{'ssl': ssl_context}}",
    "sslcert": "connect_args={{'ssl': ssl_context}}",
    "sslkey": "connect_args={{'ssl': ssl_context}}",
    "channel_binding": "",
    "gssencmode": "",
    "connect_timeout": "timeout={value}",
    "application_name": "connect_args={{'server_settings': {{'application_name': '{value}'}}}}",
    "options": "connect_args={{'server_settings': {{...}}}}",
    "search_path": "connect_args={{'server_settings': {{'search_path': '{value}'}}}}",
    "keepalives": "",
    "keepalives_idle": "",
}


@check(severity=Severity.ERROR)
def option_unknown_to_driver(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the URL and the `connect_args` of every engine that asyncpg connects for."""
    for engine in engine_calls(file, project):
        dsn = engine.dsn
        if dsn is None or dsn.driver != "asyncpg" or engine.is_custom or file.mentions(b"do_connect"):
            continue
        url = engine.url_place
        for name, value in parse_qsl(dsn.query, keep_blank_values=True):
            if name in INSTEAD:
                yield found(file, engine, url, name, value)
        for name, node in (engine.connect_args() or {}).items():
            if name in INSTEAD:
                yield found(file, engine, node, name, node.text.strip("'\""))


def found(file: SourceFile, engine: EngineCall, place: Node, name: str, value: str) -> Finding:
    """The finding at the option."""
    written = INSTEAD[name].format(value="..." if HOLE in value else value)
    return file.finding(
        option_unknown_to_driver,
        place,
        f"asyncpg has no option `{name}`: the first connection of this engine fails with TypeError",
        confidence=Confidence.HIGH if place.file is engine.call.file else Confidence.MEDIUM,
        remedy=f"{written}   # in the place of {name}" if written else f"leave {name} out: asyncpg needs none",
    )
