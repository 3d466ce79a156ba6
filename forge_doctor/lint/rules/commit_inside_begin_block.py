"""A transaction is committed or rolled back by hand inside the `begin()` block that ends it.

Why: `async with session.begin():` commits at its end. After a commit or rollback inside it the session
refuses everything until the block is left: InvalidRequestError "Can't operate on closed transaction
inside context manager". With nothing behind it, the call only repeats what the block does anyway.
So it is with a plain session, where only a use behind it is told.

Bad:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def move(db: AsyncSession, stock, booking):
        async with db.begin():
            db.add(stock)
            await db.commit()
            db.add(booking)

Good:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def move(db: AsyncSession, stock, booking):
        async with db.begin():
            db.add(stock)
            await db.flush()
            db.add(booking)

Wrong when: the call ends another transaction than the block's. Session and block are told apart by name, and followed
through context managers of the project and through the dependency that yields the session inside its own block.

Source: https://docs.sqlalchemy.org/en/20/orm/session_transaction.html#explicit-begin; seapagan/fastapi-template#768
(the block is a dependency's)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.entry_points import dependency_names
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_functions
from forge_doctor.code.syntax.dominance import block_of, leaves
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    Except,
    For,
    FunctionDef,
    Other,
    Raise,
    Return,
    Subscript,
    While,
    With,
    WithItem,
)
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.connections.handles import (
    Handle,
    injected_handles,
    session_sources,
    with_made,
    written_as,
)
from forge_doctor.lint.dataflow.connections.held_connections import ended_inside, step_of, take_made
from forge_doctor.lint.dataflow.control_flow import is_left_behind
from forge_doctor.lint.dataflow.objects.loaded_objects import place_for
from forge_doctor.lint.dataflow.requests.left_by_dependencies import block_around_yield, block_of_dependency
from forge_doctor.lint.dataflow.sessions.begun_by_decorators import block_of_decorator
from forge_doctor.lint.dataflow.sessions.transactions import (
    BeginBlock,
    begin_blocks,
    begun_by,
    calls_between,
    calls_of,
    is_awaited,
)

SUSPECT = AnyWord(b"await", b"async with", b".begin()")
# A route that calls a service may say no word of a database.
EVERYWHERE = True


@check(severity=Severity.ERROR)
def commit_inside_begin_block(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the begin blocks around every commit and rollback."""
    for call in file.calls("commit", "rollback"):
        function = call.function
        if function is None or call.receiver is None or not is_awaited(call):
            continue
        block = next((one for one in begin_blocks(project, call) if one.session == call.receiver.text), None)
        block = block or block_of_dependency(project, function, call.receiver)
        block = block or block_of_decorator(project, function, call.receiver)
        if block is None:
            continue
        used = used_after(function, call, block)
        if used is not None or (call.method == "commit" and not block.is_nested):
            yield found(file, call, block, used)
    yield from of_called_functions(file, project)
    yield from of_plain_blocks(file, project)
    yield from of_injected(file, project)


def of_called_functions(file: SourceFile, project: Project) -> Iterator[Finding]:
    """A function that ends the transaction of the session it is given, with more to do on it behind the call."""
    for opener in file.calls("begin"):
        statement = opener.parent.parent if isinstance(opener.parent, WithItem) else None
        function = opener.function
        if function is None or not isinstance(statement, With) or not statement.is_async:
            continue
        for block in begun_by(project, statement):
            known = dict(with_made(project, function, written_as(block.session), statement.start))
            for call in () if block.is_nested else calls_between(function, statement.items[-1].end, statement.end):
                take_made(project, call, known)
                step = ended_inside(project, call, known)
                used = None if step is None else step.query or used_after(function, call, block)
                if step is not None and used is None:
                    used = used_by_objects(project, call, known, block.statement.end)
                if used is not None:
                    yield found(file, call, block._replace(confidence=Confidence.MEDIUM), used)
                    break


def of_plain_blocks(file: SourceFile, project: Project) -> Iterator[Finding]:
    """The same of plain sessions: `with session.begin():`, `with Session() as session, session.begin():`."""
    for opener in file.calls("begin"):
        statement = opener.parent.parent if isinstance(opener.parent, WithItem) else None
        function, session = opener.function, opener.receiver
        if function is None or session is None or not isinstance(statement, With) or statement.is_async:
            continue
        value = project.known(session)
        if not value.kind.is_sync_session or value.confidence is Confidence.LOW:
            continue
        block = BeginBlock(statement, session.text, opener, min(value.confidence, Confidence.MEDIUM), is_nested=False)
        known = dict(with_made(project, function, written_as(session.text), statement.start))
        for call in calls_between(function, statement.items[-1].end, statement.end):
            take_made(project, call, known)
            is_own = call.method in ("commit", "rollback") and call.is_on(session.text)
            step = None if is_own else ended_inside(project, call, known)
            used = used_after(function, call, block) if is_own or step is not None else None
            used = used or (None if step is None else step.query)
            if used is None and (is_own or step is not None):
                used = used_by_objects(project, call, known, statement.end)
            if used is not None:
                yield found(file, call, block, used)
                break


def used_by_objects(project: Project, call: Call, known: dict[str, Handle], end: int) -> Call | None:
    """What uses the session behind a call by an object that was made with it, or is given it, up to a place."""
    around = call.statement.parent
    # What leaves at the end of a block has passed all of it.
    if call.function is None or (not isinstance(around, With) and leaves_from(getattr(around, "body", ()))):
        return None
    behind = calls_between(call.function, call.end, end)
    steps = (step_of(project, one, known, waits=False) for one in behind if not is_expected(one))
    return next((one.query for one in steps if one.query is not None), None)


def of_injected(file: SourceFile, project: Project) -> Iterator[Finding]:
    """A function that a framework injects with the session of a begin block, or with objects that have it: what it calls ends
    the transaction, and the session is used once more."""
    if marked_functions(project, Mark.BEGINS).isdisjoint(dependency_names(project)):
        return
    for function in project.scopes(file).functions:
        for source in session_sources(project, function) if function.is_async else ():
            block = block_around_yield(project, source)
            if block is not None and not block.is_nested:
                yield from of_handles(project, function, block, dict(injected_handles(project, function, source)))


def of_handles(
    project: Project, function: FunctionDef, block: BeginBlock, known: dict[str, Handle]
) -> Iterator[Finding]:
    """The first call of the function that ends the transaction, by the names under which it reaches the session."""
    ending: Call | None = None
    for call in calls_of(function) if known else ():
        take_made(project, call, known)
        step = ended_inside(project, call, known)
        used = step.query if step is not None else None
        if ending is not None and step is None:
            used = step_of(project, call, known, waits=False).query
        if used is not None and not is_expected(call):
            yield found(function.file, ending or call, block._replace(confidence=Confidence.MEDIUM), used)
            return
        ending = ending or (call if step is not None and not is_left_behind(call) else None)


def is_run_again(call: Call, block: BeginBlock) -> bool:
    """Whether a loop inside the block comes to a call of another function once more, and nothing leads out of it."""
    if call.method in ("commit", "rollback"):
        return False
    for around in call.ancestors:
        if around is block.statement or isinstance(around, FunctionDef | Except):
            return False
        if isinstance(around, For | While):
            leaving = [one for one in around.find(Other, nested=False) if one.text in ("break", "continue")]
            return not leaving and next(iter(around.find(Return, nested=False)), None) is None
    return False


def used_in_next_round(function: FunctionDef, call: Call, block: BeginBlock) -> Call | None:
    """What a loop inside the block does with the session before it comes to a rollback in a handler, which goes on with the
    next round: that finds the transaction closed."""
    handler = next((one for one in call.ancestors if isinstance(one, Except | FunctionDef)), None)
    loop = next((one for one in call.ancestors if isinstance(one, For | While | FunctionDef)), None)
    if call.method != "rollback" or not isinstance(handler, Except) or not isinstance(loop, For | While):
        return None
    if not block.statement.contains(loop) or not loop.contains(handler) or handler.contains(loop):
        return None
    ways_out = (Raise, Return)
    if any(next(iter(handler.find(kind, nested=False)), None) is not None for kind in ways_out):
        return None
    if any(one.text == "break" for one in loop.find(Other, nested=False)):
        return None
    before = calls_between(function, loop.start, call.start)
    return next((one for one in before if one.is_on(block.session) and one.method not in HARMLESS), None)


def is_expected(call: Call) -> bool:
    """Whether a test wants the error: `with pytest.raises(...)`."""
    return any(isinstance(one, With) and any("raises" in item.text for item in one.items) for one in call.ancestors)


def used_after(function: FunctionDef, call: Call, block: BeginBlock) -> Call | None:
    """A use of the session behind the call, still inside the block and reached from there."""
    end = block.statement.end if block.statement.contains(call) else function.end
    raw = block_of(call.statement)
    around = call.statement.parent
    body: tuple[object, ...] = getattr(around, "body", ())
    if raw is not None and around is not block.statement and leaves_from(body):
        end = raw.end_byte
    if block.statement.contains(call) and is_run_again(call, block):
        return call
    if block.statement.contains(call) and (again := used_in_next_round(function, call, block)) is not None:
        return again
    for later in calls_between(function, call.end, end):
        if later.receiver is None or is_expected(later):
            continue
        if later.receiver.text != block.session or later.method in HARMLESS:
            continue
        # With nothing to write a flush sends nothing, and begins nothing.
        if later.method != "flush" or sets_attributes(function, call.end, later.start):
            return later
    return None


def sets_attributes(function: FunctionDef, start: int, end: int) -> bool:
    """Whether something of an object is changed between two places, which is what `add` and its like do by a call."""
    return any(
        isinstance(target, Attribute | Subscript)
        for one in function.find(Assign, nested=False)
        if start <= one.start < end
        for target in one.targets
    )


MENDS = {
    "commit": "await {}.flush()",
    "rollback": "raise an exception to roll back",
    "": "leave the commit to the block: `await {}.flush()` in the function, or call it behind the block",
}
HARMLESS = frozenset({"close", "commit", "rollback", "expunge", "expunge_all", "aclose"})


def leaves_from(body: object) -> bool:
    """Whether the statements around leave the block."""
    return isinstance(body, tuple) and leaves(body)


def found(file: SourceFile, call: Call, block: BeginBlock, used: Call | None) -> Finding:
    """The finding: an error where the session is used again inside, else a call that does nothing more."""
    name, opener = call.func.text, block.opener.func.text
    by_itself = call.method in ("commit", "rollback")
    home = block.opener.file
    related = [Related(message=f"the block of `{opener}()`", location=home.location(block.opener))]
    if used is None:
        return file.finding(
            commit_inside_begin_block,
            call,
            f"`{name}()` stands inside the block of `{opener}()`, which commits by itself: one of them is too much, "
            "and whatever is added behind it fails",
            severity=Severity.INFO,
            confidence=block.confidence,
            remedy=f"remove `await {name}()`",
            related=tuple(related),
        )
    related.append(Related(message="used again here", location=used.file.location(used)))
    remedy = MENDS.get(call.method, MENDS["rollback"] if by_itself else MENDS[""]).format(block.session)
    return file.finding(
        commit_inside_begin_block,
        call,
        f"`{name}()` ends the transaction that the block of `{opener}()` holds: `{used.func.text}()` "
        f'{place_for(used, file)} fails with "Can\'t operate on closed transaction inside context manager"',
        confidence=min(block.confidence, Confidence.HIGH),
        remedy=remedy if block.statement.is_async else remedy.replace("await ", ""),
        related=tuple(related),
    )
