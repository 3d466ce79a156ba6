"""An error of the database is caught, nothing is rolled back, and the session is used on.

Why: after a failed flush or commit the session refuses everything until a rollback: PendingRollbackError.
After a failed statement PostgreSQL does: "current transaction is aborted, commands ignored until end of
transaction block". So the error that was swallowed makes the next, innocent statement fail.
A handler outside the `async with`, around `begin()` or `begin_nested()`, or that leaves the function, is fine.

Bad:

    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.ext.asyncio import AsyncSession

    async def add_all(db: AsyncSession, users):
        for user in users:
            db.add(user)
            try:
                await db.flush()
            except IntegrityError:
                print("exists already")
        await db.commit()

Good:

    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.ext.asyncio import AsyncSession

    async def add_all(db: AsyncSession, users):
        for user in users:
            try:
                async with db.begin_nested():
                    db.add(user)
            except IntegrityError:
                print("exists already")
        await db.commit()

Source: https://docs.sqlalchemy.org/en/20/faq/sessions.html#this-session-s-transaction-has-been-rolled-back-due-to-a-previous-exception-during-flush-or-similar
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.doubles import is_test_file
from forge_doctor.lint.nodes import Await, Call, Except, For, FunctionDef, Node, Other, Raise, Return, Try, While
from forge_doctor.lint.order import leaves
from forge_doctor.lint.project import Project
from forge_doctor.lint.source import SourceFile
from forge_doctor.lint.transactions import (
    ENDING,
    begin_blocks,
    calls_between,
    is_awaited,
    is_handed,
    is_write,
    opened_by,
    session_calls,
)

SUSPECT = re.compile(rb"await[\s(]+[\w.]+\s*\.\s*(?:flush|commit|execute|scalars?|exec)\s*\(")
BROAD = re.compile(
    r"\b(?:Exception|BaseException|SQLAlchemyError|DBAPIError|IntegrityError|OperationalError|DataError"
    r"|ProgrammingError|DatabaseError|StatementError|InternalError)\b"
)
FAILING = frozenset({"flush", "commit", "execute", "scalar", "scalars", "exec"})
# What works on a session whose transaction failed.
WORKING = frozenset({"rollback", "close", "aclose", "reset", "invalidate", "remove", "expunge", "expunge_all",
                     "in_transaction", "is_modified", "get_bind", "add", "add_all"})  # fmt: skip


@check(severity=Severity.ERROR)
def swallowed_error_without_rollback(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the handlers around every call that may fail in the database."""
    if is_test_file(file):
        return
    seen: set[tuple[int, str]] = set()
    for call, confidence in session_calls(file, project, FAILING):
        statement, handler = handler_of(call)
        if statement is None or handler is None or call.receiver is None or not is_awaited(call):
            continue
        key = (handler.start, call.receiver.text)
        if key in seen or (call.method != "commit" and not is_write(project, call)):
            continue
        used = judged(project, statement, handler, call)
        if used is not None:
            seen.add(key)
            doubt = Confidence.MEDIUM if is_for_others(statement, call) else Confidence.HIGH
            yield found(file, handler, call, used, min(confidence, doubt))


def handler_of(call: Call) -> tuple[Try | None, Except | None]:
    """The nearest `try` whose body the call is in, and its handler that catches a database error."""
    for around in call.ancestors:
        if isinstance(around, FunctionDef):
            break
        if isinstance(around, Try) and any(one.contains(call) for one in around.body):
            return around, next((one for one in around.handlers if catches(one)), None)
    return None, None


def catches(handler: Except) -> bool:
    """Whether a handler catches what the database raises."""
    return handler.type is None or BROAD.search(handler.type.text) is not None


def judged(project: Project, statement: Try, handler: Except, call: Call) -> Call | None:
    """The use of the session that will fail, if the handler lets it come to that."""
    function, session = call.function, call.receiver.text if call.receiver is not None else ""
    if function is None or recovers(function, statement, handler, session):
        return None
    if any(statement.contains(one.statement) for one in begin_blocks(project, call)):
        return None
    opened = opened_by(call.receiver) if call.receiver is not None else None
    if opened is not None and statement.contains(opened):
        return None
    return next_use(function, statement, handler, session)


def is_for_others(statement: Try, call: Call) -> bool:
    """Whether the `try` waits for something else first, whose errors the handler may be meant for."""
    session = call.receiver.text if call.receiver is not None else ""
    return any(
        isinstance(one.value, Call) and (one.value.receiver is None or one.value.receiver.text != session)
        for one in statement.find(Await, nested=False)
        if one.end <= call.start
    )


def recovers(function: FunctionDef, statement: Try, handler: Except, session: str) -> bool:
    """Whether the handler (or `finally`) rolls back, raises, or hands the session to something that may."""
    if any(handler.find(Raise)) or is_handed(function, session, handler.start, handler.end):
        return True
    later = calls_between(function, handler.start, statement.end)
    return any(one.method in ENDING and one.method != "commit" for one in later)  # of the savepoint, too


def next_use(function: FunctionDef, statement: Try, handler: Except, session: str) -> Call | None:
    """The next use of the session that the handler's end leads to."""
    inside = first_use(function, session, handler.start, handler.end)
    if inside is not None:
        return inside
    last = handler.body[-1] if handler.body else None
    if isinstance(last, Return) or (leaves(handler.body) and not isinstance(last, Other)):
        return None
    loop = next((one for one in statement.ancestors if isinstance(one, For | While | FunctionDef)), None)
    if isinstance(last, Other) and last.text == "continue":
        return in_next_step(function, loop, session)
    if isinstance(last, Other) and last.text == "break":
        return None if loop is None else first_use(function, session, loop.end, function.end)
    if any(one.text in ("continue", "break") for one in handler.find(Other)) or any(handler.find(Return)):
        return None
    return first_use(function, session, statement.end, function.end)


def in_next_step(function: FunctionDef, loop: Node | None, session: str) -> Call | None:
    """A use at the head of the loop's body, for a session that lives longer than a step."""
    if not isinstance(loop, For | While) or re.search(
        rb"\bas\s+" + re.escape(session).encode() + rb"\b|(?<![\w.])" + re.escape(session).encode() + rb"\s*=[^=]",
        function.file.data[loop.start : loop.end],
    ):
        return None
    return first_use(function, session, loop.start, loop.end)


def first_use(function: FunctionDef, session: str, start: int, end: int) -> Call | None:
    """The first awaited call on the session between two places that a failed transaction refuses; none
    where it is rolled back, handed on or bound anew before."""
    for one in calls_between(function, start, end):
        if one.receiver is None or one.receiver.text != session:
            continue
        if is_handed(function, session, start, one.start):
            return None
        if one.method in WORKING:
            if one.method in ENDING:
                return None
            continue
        return one if is_awaited(one) else None
    return None


def consequence(call: Call, used: Call) -> str:
    """What the next use of the session comes to."""
    if call.method in ("flush", "commit"):
        return "fails with PendingRollbackError"
    if used.method == "commit":
        return "saves nothing: PostgreSQL answers the COMMIT of an aborted transaction with ROLLBACK, and no error"
    return 'fails: "current transaction is aborted" on PostgreSQL'


def found(file: SourceFile, handler: Except, call: Call, used: Call, confidence: Confidence) -> Finding:
    """The finding."""
    place = "the loop's next step" if used.start <= call.start else f"line {used.line}"
    return file.finding(
        swallowed_error_without_rollback,
        handler,
        f"an error of `{call.func.text}()` in line {call.line} is caught and not rolled back: "
        f"`{used.func.text}()` in {place} then {consequence(call, used)}",
        confidence=confidence,
        remedy=f"await {call.func.text.rpartition('.')[0]}.rollback()  # first in the handler; "
        "or `async with session.begin_nested():` in the try",
        related=(Related(message="used again here", location=file.location(used)),),
    )
