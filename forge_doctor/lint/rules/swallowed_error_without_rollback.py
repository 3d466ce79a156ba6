"""An error of the database is caught, nothing is rolled back, and the session is used on.

Why: after a failed flush or commit the session refuses everything until a rollback: PendingRollbackError.
After a failed statement PostgreSQL does: "current transaction is aborted, commands ignored until end of
transaction block"; SQLite and MySQL go on, so there a session that surely is theirs is let be. So the error that was
swallowed makes the next, innocent statement fail.
So does an error of asyncpg's own inside of `connection.transaction()`.
So does a function that makes another error of it, such as `raise Conflict`: who catches that has a session that fails.
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

Wrong when: something takes it back, or the code that follows knows. A savepoint in the `try`, a handler that ends the
program or calls what never returns, and a condition on a name that one way alone binds (`failed = True`) are looked for.

Source: https://docs.sqlalchemy.org/en/20/faq/sessions.html#this-session-s-transaction-has-been-rolled-back-due-to-a-previous-exception-during-flush-or-similar
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Await, Call, Except, FunctionDef, Try, With, WithItem
from forge_doctor.code.syntax.prefilter import AnyWord, WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.code.syntax.successors import spans_after
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.control_flow import within_function
from forge_doctor.lint.dataflow.failures.after_errors import next_use, recovers, spans_from
from forge_doctor.lint.dataflow.failures.driver_errors import Aborted, swallowed_in_transaction
from forge_doctor.lint.dataflow.failures.outcomes import is_asked_for
from forge_doctor.lint.dataflow.failures.swallowed_by_called import swallowed_inside
from forge_doctor.lint.dataflow.failures.swallowed_by_callers import Swallowed, swallowed_conversions
from forge_doctor.lint.dataflow.sessions.servers import is_other_than_postgresql
from forge_doctor.lint.dataflow.sessions.transactions import (
    begin_blocks,
    is_awaited,
    is_write,
    opened_by,
    session_calls,
)
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"await")
SENDS = WordsThen(
    rb"await[\s(]+[\w.]+\s*\.\s*(?:flush|commit|execute|scalars?|exec)\s*\(", b"flush", b"commit", b"exec", b"scalar"
)
# Who calls a service or repository may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("holds",)
BROAD = regex(
    r"\b(?:Exception|BaseException|SQLAlchemyError|DBAPIError|IntegrityError|OperationalError|DataError"
    r"|ProgrammingError|DatabaseError|StatementError|InternalError)\b"
)
FAILING = frozenset({"flush", "commit", "execute", "scalar", "scalars", "exec"})
TAKEN_BACK = regex(r"begin_nested|rollback|savepoint", re.IGNORECASE)
# What leaves the session itself refusing everything.
BREAKING = frozenset({"flush", "commit"})


@check(severity=Severity.ERROR)
def swallowed_error_without_rollback(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the handlers around every call that may fail in the database."""
    if is_test_file(file):
        return
    yield from (found_behind(file, one) for one in swallowed_inside(file, project))
    if not file.mentions(b"except", b"suppress"):
        return
    seen: set[tuple[int, str]] = set()
    # What fails on every database comes first: one finding a handler.
    calls = session_calls(file, project, FAILING) if SENDS.is_in(file) else ()
    for call, confidence in sorted(calls, key=lambda one: one[0].method not in BREAKING):
        statement, handler = handler_of(project, call)
        if statement is None or handler is None or call.receiver is None or not is_awaited(call):
            continue
        key = (handler.start, call.receiver.text)
        if key in seen or (call.method != "commit" and not is_write(project, call)):
            continue
        used = judged(project, statement, handler, call)
        # After any other statement only PostgreSQL refuses.
        if call.method not in BREAKING and is_other_than_postgresql(project, call.receiver):
            continue
        if used is not None:
            seen.add(key)
            own = used.is_on(call.receiver.text)
            doubtful = not own or call.method not in BREAKING or is_for_others(statement, call)
            doubt = Confidence.MEDIUM if doubtful else Confidence.HIGH
            yield found(file, handler, call, used, min(confidence, doubt), any(begin_blocks(project, call)))
    handlers = {start for start, _ in seen}
    for one in swallowed_conversions(file, project):
        if one.handler.start not in handlers:
            handlers.add(one.handler.start)
            yield found_at_caller(file, one)
    yield from (found_of_driver(file, one) for one in swallowed_in_transaction(file, project))


def found_of_driver(file: SourceFile, one: Aborted) -> Finding:
    """The finding for a transaction of asyncpg's own."""
    connection = one.call.func.text.rpartition(".")[0]
    return file.finding(
        swallowed_error_without_rollback,
        one.handler,
        f"an error of `{one.call.func.text}()` in line {one.call.line} is swallowed inside of `{connection}.transaction()`: "
        f'`{one.used.func.text}()` in {place_of(one.used, one.call)} then fails, "current transaction is aborted"',
        confidence=Confidence.HIGH,
        remedy=f"async with {connection}.transaction():  # a savepoint, in the try around the call",
        related=(Related(message="used again here", location=file.location(one.used)),),
    )


def found_behind(file: SourceFile, one: Swallowed) -> Finding:
    """The finding at the call of a function that swallows the error itself."""
    failing, used = one.converted.call, one.used
    function = "" if failing.function is None else failing.function.name
    return file.finding(
        swallowed_error_without_rollback,
        one.call,
        f"{function}() swallows an error of `{failing.func.text}()` ({failing.file.path}:{one.handler.line}) and rolls nothing "
        f"back: `{used.func.text}()` in {place_of(used, one.call)} then fails with PendingRollbackError",
        confidence=Confidence.MEDIUM,
        remedy=f"await {failing.func.text.rpartition('.')[0]}.rollback()  # first in the handler of {function}()",
        related=(
            Related(message="swallowed here", location=failing.file.location(one.handler)),
            Related(message="used again here", location=file.location(used)),
        ),
    )


def found_at_caller(file: SourceFile, one: Swallowed) -> Finding:
    """The finding, at the handler that swallows what the function made of the database's error."""
    failing, used = one.converted.call, one.used
    function = "" if failing.function is None else failing.function.name
    made = one.converted.handler
    what = f"an error of `{failing.func.text}()` in {function}(), which rolls nothing back,"
    if made is not None:
        what = f"{one.converted.raises} is what {function}() makes of an error of `{failing.func.text}()`, without a rollback: it"
    place = made or failing
    return file.finding(
        swallowed_error_without_rollback,
        one.handler,
        f"{what} is swallowed here, and `{used.func.text}()` in {place_of(used, one.call)} then fails with "
        "PendingRollbackError",
        confidence=Confidence.MEDIUM,
        remedy=f"await {one.session}.rollback()  # first in the handler; or in that of {function}()",
        related=(
            Related(message="made here" if made else "fails here", location=place.file.location(place)),
            Related(message="used again here", location=file.location(used)),
        ),
    )


def handler_of(project: Project, call: Call) -> tuple[Try | With | None, Except | WithItem | None]:
    """The nearest `try` whose body the call is in, and its handler that catches a database error; or the same of a `with
    suppress(...)`."""
    for around in within_function(call):
        item = (
            next((one for one in around.items if suppresses(project, one)), None) if isinstance(around, With) else None
        )
        if isinstance(around, With) and item is not None and item.end < call.start:
            return around, item
        if isinstance(around, Try) and any(one.contains(call) for one in around.body):
            return around, next((one for one in around.handlers if catches(project, one)), None)
    return None, None


def catches(project: Project, handler: Except) -> bool:
    """Whether a handler catches what the database raises; a name may be that of a tuple of errors."""
    return handler.type is None or BROAD.search(followed(project, handler.type).text) is not None


def suppresses(project: Project, item: WithItem) -> bool:
    """Whether `contextlib.suppress` swallows what the database raises there."""
    made = item.value
    if not isinstance(made, Call) or project.qualified(made.func) != "contextlib.suppress":
        return False
    return any(BROAD.search(followed(project, one).text) is not None for one in made.args)


def judged(project: Project, statement: Try | With, handler: Except | WithItem, call: Call) -> Call | None:
    """The use of the session that will fail, if the handler lets it come to that."""
    function, session = call.function, call.receiver.text if call.receiver is not None else ""
    if function is None or (
        isinstance(statement, Try)
        and isinstance(handler, Except)
        and recovers(project, function, statement, handler, session)
    ):
        return None
    if any(statement.contains(one.statement) for one in begin_blocks(project, call)):
        return None
    if has_savepoint(project, statement, call):
        return None
    opened = opened_by(call.receiver) if call.receiver is not None else None
    if opened is not None and statement.contains(opened):
        return None
    spans = spans_after(statement)
    if isinstance(statement, Try) and isinstance(handler, Except):
        spans = spans_from(statement, handler)
    used = next_use(project, function, spans, session)
    if used is None or is_rolled_back_around(project, statement, used) or is_asked_for(statement, call, used):
        return None
    return used


def has_savepoint(project: Project, statement: Try | With, call: Call) -> bool:
    """Whether a savepoint, or a manager of the project that takes back what fails, is entered in the `try` before the call."""
    if b"begin_nested(" in call.file.data[statement.start : call.start]:
        return True
    entered = (item.value for one in within_function(call) if isinstance(one, With) for item in one.items)
    managers = (
        project.value_of(one.func).definition for one in entered if isinstance(one, Call) and statement.contains(one)
    )
    return any(isinstance(one, FunctionDef) and TAKEN_BACK.search(one.text) is not None for one in managers)


def is_for_others(statement: Try | With, call: Call) -> bool:
    """Whether the `try` waits for something else first, whose errors the handler may be meant for."""
    session = call.receiver.text if call.receiver is not None else ""
    return any(
        isinstance(one.value, Call) and (one.value.receiver is None or one.value.receiver.text != session)
        for one in statement.find(Await, nested=False)
        if one.end <= call.start
    )


def is_rolled_back_around(project: Project, statement: Try | With, used: Call) -> bool:
    """Whether the next use fails inside a bigger `try` that rolls back: then only its message is misleading."""
    session = "" if used.receiver is None else used.receiver.text
    return any(
        call.method == "rollback" and call.is_on(session)
        for around in statement.ancestors
        if isinstance(around, Try) and any(one.contains(used) for one in around.body)
        for handler in around.handlers
        if catches(project, handler)
        for call in handler.find(Call)
    )


def consequence(call: Call, used: Call) -> str:
    """What the next use of the session comes to."""
    if call.method in BREAKING:
        return "fails with PendingRollbackError"
    if used.method == "commit":
        return "saves nothing: PostgreSQL answers the COMMIT of an aborted transaction with ROLLBACK, and no error"
    return 'fails: "current transaction is aborted" on PostgreSQL'


def place_of(used: Call, failing: Call) -> str:
    """Where the next use is, seen from what has failed."""
    return "the loop's next step" if used.start <= failing.start else f"line {used.line}"


def found(
    file: SourceFile, handler: Except | WithItem, call: Call, used: Call, confidence: Confidence, is_in_begin: bool
) -> Finding:
    """The finding: behind a rollback a `begin()` block takes no further statement, only a savepoint goes on."""
    place, session = place_of(used, call), call.func.text.rpartition(".")[0]
    mend = f"await {session}.rollback()  # first in the handler"
    if isinstance(handler, WithItem):
        mend = f"try: ... except: await {session}.rollback()  # in the place of `{handler.value.text}`"
    savepoint = f"async with {session}.begin_nested():"
    return file.finding(
        swallowed_error_without_rollback,
        handler,
        f"an error of `{call.func.text}()` in line {call.line} is caught and not rolled back: "
        f"`{used.func.text}()` in {place} then {consequence(call, used)}",
        confidence=confidence,
        remedy=f"{savepoint}  # in the try" if is_in_begin else f"{mend}; or `{savepoint}` in it",
        related=(Related(message="used again here", location=file.location(used)),),
    )
