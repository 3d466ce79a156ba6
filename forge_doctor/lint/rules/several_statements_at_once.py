"""Several statements are sent in one string to asyncpg, which takes one at a time.

Why: SQLAlchemy's dialect for asyncpg prepares all that it executes, and so does asyncpg itself for what has parameters or gives
rows. The server prepares one statement at a time, so the line fails whenever it runs: "cannot insert multiple commands into a
prepared statement". psycopg2 and psql take the same text, which is where it often comes from.

Bad:

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/shop")

    async def prepare():
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(7); CREATE EXTENSION IF NOT EXISTS vector"))

Good:

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/shop")

    async def prepare():
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(7)"))
            await connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))

Wrong when: another driver sends it. For SQLAlchemy a URL of the project must name asyncpg; where one names psycopg as well the
confidence is medium. asyncpg's own `execute()` without parameters takes a script, and is let be; so is a text with a body of
its own in it (`CREATE FUNCTION`, `DO`).

Source: https://www.postgresql.org/docs/current/sql-prepare.html; asyncpg 0.32, PostgresSyntaxError: cannot insert multiple
commands into a prepared statement; langchain-ai/langchain-postgres#86, MagicStack/asyncpg#30; tried with SQLAlchemy 2.1.9,
asyncpg 0.32 and PostgreSQL 18
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.column_types import is_for_asyncpg
from forge_doctor.code.semantics.library.kinds import Kind, words
from forge_doctor.code.semantics.literals import filled_text_of, followed
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_contents
from forge_doctor.code.syntax.nodes import Attribute, Call, Name, Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.sessions.transactions import HOLDERS
from forge_doctor.regex import regex
from forge_doctor.sql.tokens import tokens_of

SUSPECT = AnyWord(
    b"execute", b"scalar", b"scalars", b"exec", b"fetch", b"fetchrow", b"fetchval", b"prepare", b"exec_driver_sql"
)
LINE_DOES = ("queries",)
SENT = words("execute scalar scalars exec stream stream_scalars exec_driver_sql")
# What asyncpg prepares whether it has parameters or not.
PREPARED = words("fetch fetchrow fetchval fetchmany prepare executemany cursor")
ASYNCPG = (Kind.ASYNCPG_CONNECTION, Kind.ASYNCPG_POOL)
# Between two words of one statement there stand semicolons of another language.
BODIES = regex(
    r"\$\w*\$|\bcreate\s+(?:or\s+replace\s+)?(?:function|procedure|trigger|rule)\b|\bbegin\s+atomic\b", re.IGNORECASE
)
OTHER_DRIVER = regex(rb"postgresql\+psycopg(?:_async)?:")


@check(severity=Severity.ERROR)
def several_statements_at_once(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Count the statements of every text that is sent."""
    for call in file.calls(*sorted(SENT | PREPARED)):
        receiver, statement = call.receiver, call.argument(0, "statement") or call.argument(0, "query")
        if (
            statement is None
            or not isinstance(receiver, Name | Attribute)
            or (count := counted(project, statement)) < 2
        ):
            continue
        value = project.known(receiver)
        if value.confidence is Confidence.LOW:
            continue
        if value.kind in HOLDERS and call.method in SENT and is_for_asyncpg(project):
            yield found(file, call, count, min(value.confidence, sure_of_driver(project)))
        elif value.kind in ASYNCPG and is_prepared(call):
            yield found(file, call, count, value.confidence)


def counted(project: Project, statement: Node) -> int:
    """How many statements a text has; none where it cannot be read, or may have a body of its own."""
    made = followed(project, statement)
    if isinstance(made, Call) and made.method in ("text", "DDL") and made.args:
        made = made.args[0]
    text = filled_text_of(project, made)
    if text is None or ";" not in text or BODIES.search(text) is not None:
        return 0
    statements = [0]
    for kind, word in tokens_of(text):
        if (kind, word) == ("mark", ";"):
            statements.append(0)
        else:
            statements[-1] += 1
    return sum(one > 0 for one in statements)


def is_prepared(call: Call) -> bool:
    """Whether asyncpg itself prepares what this call sends: a plain `execute()` runs a script."""
    return call.method in PREPARED or (call.method == "execute" and len(call.args) > 1)


def sure_of_driver(project: Project) -> Confidence:
    """How sure it is that asyncpg sends it: URLs for psycopg stand beside its own in some projects."""
    others = any(OTHER_DRIVER.search(data) is not None for data in marked_contents(project, Mark.ENGINES))
    return Confidence.MEDIUM if others else Confidence.HIGH


def found(file: SourceFile, call: Call, count: int, confidence: Confidence) -> Finding:
    """The finding."""
    return file.finding(
        several_statements_at_once,
        call,
        f"{count} statements in one `{call.func.text}()`: asyncpg prepares it, and the server refuses to (cannot insert multiple "
        "commands into a prepared statement)",
        confidence=confidence,
        remedy=f"one `{call.func.text}()` for each statement",
    )
