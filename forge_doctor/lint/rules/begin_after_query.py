"""`begin()` is called when a query has begun the transaction already.

Why: a session begins its transaction by itself with the first statement (or `add()`). `begin()` after that raises
InvalidRequestError "A transaction is already begun on this Session". The query may be one of a dependency: a framework
asks `get_session` once a request, so the endpoint has the session that the dependency used.

Bad:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    async def move(db: AsyncSession, Order, number: int):
        order = await db.scalar(select(Order).where(Order.number == number))
        async with db.begin():
            order.state = "moved"

Good:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    async def move(db: AsyncSession, Order, number: int):
        async with db.begin():
            order = await db.scalar(select(Order).where(Order.number == number))
            order.state = "moved"

Wrong when: the transaction has ended in between. A commit, rollback or close on the way, a session handed to something
else, a query inside a `begin()` block of its own and a look at `in_transaction()` all keep this rule silent.

Source: https://docs.sqlalchemy.org/en/20/orm/session_transaction.html#explicit-begin; soliplex/soliplex#280; with
SQLAlchemy 2.1.9 after a query, `add()` or `connection()`: "A transaction is already begun on this Session."
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Await, Call, FunctionDef, Name, Try, WithItem
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.connections.connection_stretches import state_before
from forge_doctor.lint.dataflow.connections.connection_use import NOTHING
from forge_doctor.lint.dataflow.connections.handles import THE_SESSION, injected_handles
from forge_doctor.lint.dataflow.connections.holding_classes import held_beside
from forge_doctor.lint.dataflow.expected_failures import is_expected_to_fail
from forge_doctor.lint.dataflow.frameworks.injection import session_source
from forge_doctor.lint.dataflow.objects.loaded_objects import place_for
from forge_doctor.lint.dataflow.requests.left_by_dependencies import held_by_dependencies
from forge_doctor.lint.dataflow.sessions.begun_by_wrappers import begun_by_decorators
from forge_doctor.lint.dataflow.sessions.begun_elsewhere import (
    Begins,
    begun_elsewhere,
    is_conditional,
    is_in_block_that_ended,
    queried_before,
)
from forge_doctor.lint.dataflow.sessions.transactions import (
    ENDING,
    READING,
    begin_blocks,
    calls_between,
    calls_of,
    is_awaited,
    is_handed,
    opened_by,
)

SUSPECT = AnyWord(b"begin", b"await")
# Who calls two methods of a repository may say no word of a database.
EVERYWHERE = True
SESSIONS = frozenset({Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.SESSION})
CONNECTIONS = frozenset({Kind.ASYNC_CONNECTION, Kind.CONNECTION})
BEGINNING = READING | {"connection", "add", "add_all", "delete", "merge"}
NOT_AWAITED = frozenset({"add", "add_all"})


class Begun(NamedTuple):
    """What has begun the transaction, in words, and how sure that is."""

    call: Call
    words: str
    confidence: Confidence


@check(severity=Severity.ERROR)
def begin_after_query(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what came before every `begin()` of a session or connection."""
    for call in file.calls("begin"):
        function, session = call.function, call.receiver
        if function is None or session is None or not is_begun_there(call):
            continue
        value = project.known(session)
        if value.kind not in SESSIONS | CONNECTIONS or value.confidence is Confidence.LOW:
            continue
        if b"in_transaction" in function.file.data[function.start : function.end] or is_answered(call):
            continue
        begun = (
            begun_here(project, function, call)
            or begun_by_object(project, function, call)
            or begun_by_dependency(project, function, call)
        )
        if begun is not None:
            yield found(file, call, begun._replace(confidence=min(begun.confidence, value.confidence)))
    told = set()
    for one in (*begun_elsewhere(file, project), *begun_by_decorators(file, project)):
        query = queried_before(project, one.caller, one.call, one.place) or queried_by_dependency(project, one)
        if query is not None and one.call not in told:
            told.add(one.call)
            yield found_again(file, one, query)


def is_begun_there(call: Call) -> bool:
    """Whether it is awaited or entered, by `async with` or by an exit stack."""
    around = call.parent
    return isinstance(around, Await | WithItem) or (
        isinstance(around, Call) and around.method in ("enter_async_context", "enter_context")
    )


def is_answered(call: Call) -> bool:
    """Whether the error is wanted: by a test, or by a handler around for InvalidRequestError."""
    tries = (one for one in call.ancestors if isinstance(one, Try) and any(part.contains(call) for part in one.body))
    kinds = (handler.type for one in tries for handler in one.handlers)
    return is_expected_to_fail(call) or any(one is not None and "InvalidRequestError" in one.text for one in kinds)


def begun_here(project: Project, function: FunctionDef, call: Call) -> Begun | None:
    """A statement of the same function that has surely begun a transaction, which is still open."""
    session = "" if call.receiver is None else call.receiver.text
    own = [one for one in calls_between(function, function.start, call.start) if one.is_on(session)]
    if any(one.method == "begin" and isinstance(one.parent, Call) for one in own):
        return None  # `stack.enter_async_context(session.begin())`: the stack's own block ends it
    for first in reversed(own):
        if first.method in ENDING or first.method in ("begin", "begin_nested"):
            return None
        if first.method not in BEGINNING or not (first.method in NOT_AWAITED or runs(project, first)):
            continue
        if not always_before(first, call) or not is_in_reach(first, call) or is_in_ended_block(project, first, call):
            return None
        if is_handed(function, session, first.end, call.start):
            return None
        return Begun(first, f"`{first.func.text}()` in line {first.line} has", Confidence.HIGH)
    return None


def begun_by_object(project: Project, function: FunctionDef, call: Call) -> Begun | None:
    """A query of an object that is made with the same session: `self.users` beside `self.session`, or `Users(session)`."""
    session = "" if call.receiver is None else call.receiver.text
    handles = held_beside(project, function, session) if "." in session else ((session, THE_SESSION),)
    state = state_before(project, function, handles, function.start, call.start) if handles else NOTHING
    first, query = state.at, state.query
    if first is None or query is None or first is query or state.handed or not always_before(first, call):
        return None
    if is_in_block_that_ended(first, call) or any(
        one.method == "begin" for one in calls_of(function) if one.end < call.start
    ):
        return None
    if is_conditional(query, query.function or function):
        return None
    return Begun(first, f"`{first.func.text}()` in line {first.line} has", Confidence.MEDIUM)


def runs(project: Project, call: Call) -> bool:
    """Whether the statement is sent there: awaited, or of a sync session."""
    if is_awaited(call):
        return True
    return call.receiver is not None and project.known(call.receiver).kind in (Kind.SESSION, Kind.CONNECTION)


def is_in_reach(first: Call, call: Call) -> bool:
    """Whether both stand in the block that opens the session, if one does."""
    opened = opened_by(first.receiver) if isinstance(first.receiver, Name) else None
    return opened is None or opened.contains(call)


def is_in_ended_block(project: Project, first: Call, call: Call) -> bool:
    """Whether a `begin()` block around the first has ended before the other."""
    session = "" if first.receiver is None else first.receiver.text
    return any(one.session == session and not one.statement.contains(call) for one in begin_blocks(project, first))


def begun_by_dependency(project: Project, function: FunctionDef, call: Call) -> Begun | None:
    """A query of a dependency that had the same session."""
    session = call.receiver
    if not isinstance(session, Name) or session.text not in function.param_names:
        return None
    source = session_source(project, function, session.text)
    if source is None or is_touched(function, session.text, call):
        return None
    for held in held_by_dependencies(project, function):
        if held.source is source:
            provider = held.injection.provider or source
            return Begun(
                held.at, f"`{held.at.func.text}()` of the dependency {provider.qualname}() has", held.confidence
            )
    return None


def queried_by_dependency(project: Project, begins: Begins) -> Call | None:
    """A query of a dependency that had the session which an endpoint hands on, or which an object of it holds."""
    root, _, attribute = f"{begins.place.of or begins.place.text}".partition(".")
    if attribute or root not in begins.caller.param_names or not begins.caller.decorators:
        return None
    for held in held_by_dependencies(project, begins.caller):
        handles = injected_handles(project, begins.caller, held.source)
        handle = dict(handles).get(root)
        here = handle if not begins.place.of or handle is None else dict(handle.attributes).get(begins.place.text)
        if here != THE_SESSION:
            continue
        state = state_before(project, begins.caller, handles, begins.caller.start, begins.call.start)
        if not state.ended and not state.handed:
            return held.at
    return None


def is_touched(function: FunctionDef, session: str, call: Call) -> bool:
    """Whether the transaction may have ended before the call, or somebody else may have ended it."""
    before = calls_between(function, function.start, call.start)
    ended = any(one.is_on(session) and (one.method in ENDING or one.method == "begin") for one in before)
    return ended or is_handed(function, session, min(function.body_start, call.start), call.start)


def found(file: SourceFile, call: Call, begun: Begun) -> Finding:
    """The finding, at the `begin()`."""
    session = call.func.text.rpartition(".")[0]
    return file.finding(
        begin_after_query,
        call,
        f"{begun.words} begun a transaction on `{session}` already: `begin()` raises InvalidRequestError",
        confidence=begun.confidence,
        remedy=f"call `{session}.begin()` before the first query, or write without it and end with "
        f"`await {session}.commit()`; for a savepoint `{session}.begin_nested()`",
        related=(Related(message="begins the transaction", location=begun.call.file.location(begun.call)),),
    )


def found_again(file: SourceFile, again: Begins, query: Call) -> Finding:
    """The finding where another function begins: at its `begin()` in the same file, else at the call that leads there."""
    here = again.begin if again.begin.file is file else again.call
    where = "" if here is again.begin else f" (line {again.begin.line} of {again.begin.file.path})"
    return file.finding(
        begin_after_query,
        here,
        f"`{again.call.func.text}()` calls `{again.begin.func.text}()`{where}, and `{query.func.text}()` {place_for(query, file)} "
        "has begun a transaction on the same session: `begin()` raises InvalidRequestError",
        confidence=again.confidence,
        remedy="`begin_nested()` for a savepoint, or leave the transaction to who calls, and end it with one `commit()`",
        related=(
            Related(message="begins the transaction", location=query.file.location(query)),
            Related(message="begins it again", location=again.begin.file.location(again.begin)),
        ),
    )
