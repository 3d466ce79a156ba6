"""Errors of asyncpg that are swallowed inside of a transaction of the driver's own, which PostgreSQL has aborted by then;
knows no session of SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.library.methods import COROUTINES
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, Except, Name, Try, With
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.control_flow import within_function
from forge_doctor.lint.dataflow.failures.after_errors import next_use, recovers, spans_from
from forge_doctor.lint.dataflow.failures.outcomes import is_asked_for
from forge_doctor.lint.dataflow.sessions.transactions import is_awaited
from forge_doctor.regex import regex

SENDING = ("execute", "executemany", "fetch", "fetchrow", "fetchval", "fetchmany", "copy_records_to_table")
# What the server answers, by the names of asyncpg's classes.
CAUGHT = regex(
    r"\b(?:Exception|BaseException|PostgresError|\w{1,60}(?:Violation|Integrity\w{0,40}|Data|Syntax\w{0,40})Error)\b"
)


class Aborted(NamedTuple):
    """The call whose error is swallowed, the handler that does, and the next one that the server refuses."""

    call: Call
    handler: Except
    used: Call


def swallowed_in_transaction(file: SourceFile, project: Project) -> Iterator[Aborted]:
    """Every handler inside of `async with connection.transaction():` that goes on in it, once."""
    told: set[Except] = set()
    for call in file.calls(*SENDING) if file.mentions(b"asyncpg") and file.mentions(b".transaction(") else ():
        connection, function = call.receiver, call.function
        if not isinstance(connection, Name) or function is None or not is_awaited(call):
            continue
        around = list(within_function(call))
        statement = next((one for one in around if isinstance(one, Try)), None)
        begun = next((one for one in around if isinstance(one, With) and _begins(one, connection.text)), None)
        # A transaction inside of the `try` is a savepoint, which its own end takes back.
        if statement is None or begun is None or not begun.contains(statement):
            continue
        handler = next((one for one in statement.handlers if _catches(project, one)), None)
        is_tried = any(one.contains(call) for one in statement.body)
        value = project.known(connection)
        is_driver = value.kind is Kind.ASYNCPG_CONNECTION and value.confidence > Confidence.LOW
        if handler is None or handler in told or not is_tried or not is_driver:
            continue
        if recovers(project, function, statement, handler, connection.text):
            continue
        used = next_use(project, function, spans_from(statement, handler), connection.text)
        if used is None or used.method not in COROUTINES[value.kind] or not begun.contains(used):
            continue
        if not is_asked_for(statement, call, used):
            told.add(handler)
            yield Aborted(call, handler, used)


def _begins(statement: With, connection: str) -> bool:
    return any(
        isinstance(one.value, Call) and one.value.func.text == f"{connection}.transaction" for one in statement.items
    )


def _catches(project: Project, handler: Except) -> bool:
    return handler.type is None or CAUGHT.search(followed(project, handler.type).text) is not None
