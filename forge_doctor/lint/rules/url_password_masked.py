"""A URL object is turned into text, and the password is lost.

Why: `str(url)` and an f-string write `***` for the password since SQLAlchemy 2.0, so that it gets into no log. An engine
made from that text logs in with three asterisks: "password authentication failed", with the right password in the settings.

Bad:

    from sqlalchemy import URL
    from sqlalchemy.ext.asyncio import create_async_engine

    url = URL.create("postgresql+asyncpg", username="app", password="x", host="db", database="shop")
    engine = create_async_engine(str(url))

Good:

    from sqlalchemy import URL
    from sqlalchemy.ext.asyncio import create_async_engine

    url = URL.create("postgresql+asyncpg", username="app", password="x", host="db", database="shop")
    engine = create_async_engine(url)

Wrong when: the URL has no password, or is a text or another library's object: only what `URL.create`, `make_url` or an
    engine's `url` gave counts, `URL.create` only with a password, and no URL that stands there without one. Or no
    environment of Alembic connects with its option, but with the application's engine: they are looked at. Or the
    project asks for a SQLAlchemy before 2.0 and no other, whose text has the password: its files are looked at.
Source: https://docs.sqlalchemy.org/en/20/core/engines.html#sqlalchemy.engine.URL.render_as_string (seen with 2.0.30, 2.1.9;
    `URL.__str__` of 1.4.54 calls `render_as_string(hide_password=False)`)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.dsn import parse_dsn
from forge_doctor.code.orm.engines import MAKERS
from forge_doctor.code.orm.library_version import is_before_two
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.literals import HOLE, filled_text_of, followed
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_contents
from forge_doctor.code.syntax.nodes import Attribute, Call, Node, Str
from forge_doctor.code.syntax.prefilter import AnyCall, AnyWord, Either
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.regex import regex

SUSPECT = Either(AnyCall(*MAKERS, "set_main_option", "connect"), AnyWord(b"sqlalchemy.url"))
TAKING = (*MAKERS, "set_main_option", "connect")
DRIVERS = frozenset({"asyncpg", "psycopg", "psycopg2", "aiopg", "pymysql", "aiomysql"})
CHANGING = frozenset({"replace", "removeprefix", "removesuffix", "strip", "split"})
FILLED_IN = regex(rb"sqlalchemy\.url[ \t]{0,9}=[ \t]{0,9}\{(?P<given>[A-Za-z_]\w{0,99})")
PUT_IN = regex(r"\*\*\*|password|passw", re.IGNORECASE)
ENGINES = frozenset({Kind.ASYNC_ENGINE, Kind.ENGINE})
# How an environment of Alembic connects with its option, and not with an engine that the application made.
CONNECTS = regex(rb"\b(?:(?:async_)?engine_from_config|create_(?:async_)?engine|(?:asyncpg|psycopg2?)\.connect)\s*\(")


@check(severity=Severity.ERROR)
def url_password_masked(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every text of a URL that somebody connects with."""
    places = (*in_calls(file, project), *in_configurations(file, project))
    if places and not is_before_two(project, file):
        yield from places


def in_calls(file: SourceFile, project: Project) -> Iterator[Finding]:
    """A text given to what makes an engine or connects."""
    for call in file.calls(*TAKING):
        given = taken(project, call)
        if given is not None and call.method == "set_main_option" and not is_connected_with(project):
            continue
        text = None if given is None else written(project, given)
        source = None if text is None else next((one for one in texted(text) if url_object(project, one)), None)
        if given is not None and text is not None and source is not None:
            yield found(file, given, text, source, url_object(project, source) or source)


def in_configurations(file: SourceFile, project: Project) -> Iterator[Finding]:
    """A text of a configuration of Alembic, `sqlalchemy.url = {url}`, that such a text of a URL is filled into."""
    is_looked_for = file.mentions(b"sqlalchemy.url") and is_connected_with(project)
    for match in FILLED_IN.finditer(file.data) if is_looked_for else ():
        given = file.node_at(match.start("given"))
        while isinstance(given, Node) and isinstance(given.parent, Attribute | Call) and not isinstance(given, Str):
            given = given.parent
        text = None if given is None else written(project, given)
        if given is None or text is None:
            continue
        # What is filled in as it is becomes a text there.
        sources = texted(text) or (text,)
        source = next((one for one in sources if url_object(project, one)), None)
        if source is not None:
            yield found(file, given, text, source, url_object(project, source) or source)


def taken(project: Project, call: Call) -> Node | None:
    """What somebody connects with; another library's `connect()` is none of ours."""
    if call.method == "set_main_option":
        option, value = call.argument(0, "name"), call.argument(1, "value")
        return value if isinstance(option, Str) and option.value == "sqlalchemy.url" else None
    if call.method == "connect" and project.qualified(call.func).partition(".")[0] not in DRIVERS:
        return None
    return call.argument(0, "dsn" if call.method == "connect" else "url")


def is_connected_with(project: Project) -> bool:
    """Whether the environments of Alembic that are in sight make an engine, of the option as is usual; true where none is."""
    environments = tuple(marked_contents(project, Mark.MIGRATES))
    return not environments or any(CONNECTS.search(data) is not None for data in environments)


def written(project: Project, given: Node) -> Node | None:
    """The text itself, in front of what replaces a part of it; None where that puts a password in again."""
    text = followed(project, given)
    while isinstance(text, Call) and isinstance(text.receiver, Node) and text.method in CHANGING:
        if PUT_IN.search(text.text[text.receiver.end - text.start :]) is not None:
            return None
        text = followed(project, text.receiver)
    return text


def texted(text: Node) -> tuple[Node, ...]:
    """What `str(url)` or an f-string makes text of."""
    if isinstance(text, Call):
        return text.args if text.func.text == "str" and len(text.args) == 1 else ()
    return tuple(text.interpolations) if isinstance(text, Str) else ()


def url_object(project: Project, node: Node) -> Node | None:
    """What made the URL, if it is SQLAlchemy's object and may have a password."""
    if isinstance(node, Attribute) and node.attr == "url":
        value = project.known(node.value)
        made = followed(project, node.value)
        given = made.argument(0, "url") if isinstance(made, Call) else None
        is_engine = value.kind in ENGINES and value.confidence is Confidence.HIGH
        return node if is_engine and may_have_password(project, given) else None
    made = followed(project, node)
    if not isinstance(made, Call) or not project.qualified(made.func).startswith("sqlalchemy."):
        return None
    if made.func.text.endswith("URL.create"):
        return made if made.argument(2, "password") is not None else None
    return made if made.method == "make_url" and may_have_password(project, made.argument(0, "name_or_url")) else None


def may_have_password(project: Project, given: Node | None) -> bool:
    """Whether a URL may have one: it is not written right there, or has it, or something is filled in."""
    text = None if given is None else filled_text_of(project, given)
    dsn = None if text is None else parse_dsn(text)
    return dsn is None or bool(dsn.password) or HOLE in (text or "")


def found(file: SourceFile, given: Node, text: Node, source: Node, made: Node) -> Finding:
    """The finding where the text is used."""
    url = source.text
    return file.finding(
        url_password_masked,
        given,
        f"`{text.text}` writes `***` where the password stood: who connects with it is refused, whatever the settings hold",
        confidence=Confidence.HIGH,
        remedy=f"give {url} itself, or {url}.render_as_string(hide_password=False)",
        related=(Related(message="the URL is made here", location=made.file.location(made)),),
    )
