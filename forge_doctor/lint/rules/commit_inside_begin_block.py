"""A transaction is committed or rolled back by hand inside the `begin()` block that ends it.

Why: `async with session.begin():` commits at its end. After a commit or rollback inside it the session
refuses everything until the block is left: InvalidRequestError "Can't operate on closed transaction
inside context manager". With nothing behind it, the call only repeats what the block does anyway.

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
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import block_of, leaves
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    Except,
    For,
    FunctionDef,
    Other,
    Return,
    Subscript,
    While,
    With,
    WithItem,
)
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.connections.held_connections import ended_inside
from forge_doctor.lint.dataflow.requests.left_by_dependencies import block_of_dependency
from forge_doctor.lint.dataflow.sessions.transactions import (
    BeginBlock,
    begin_blocks,
    begun_by,
    calls_between,
    is_awaited,
)

SUSPECT = WordsThen(
    rb"await[\s(]+[\w.]+\s*\.\s*(?:commit|rollback)\s*\(|async\s+with\b[^\n]{0,300}\bbegin\s*\(",
    *(b"commit", b"rollback", b"begin"),
)


@check(severity=Severity.ERROR)
def commit_inside_begin_block(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the begin blocks around every commit and rollback."""
    for call in file.calls("commit", "rollback"):
        function = call.function
        if function is None or call.receiver is None or not is_awaited(call):
            continue
        block = next((one for one in begin_blocks(project, call) if one.session == call.receiver.text), None)
        block = block or block_of_dependency(project, function, call.receiver)
        if block is None:
            continue
        used = used_after(function, call, block)
        if used is not None or (call.method == "commit" and not block.is_nested):
            yield found(file, call, block, used)
    yield from of_called_functions(file, project)


def of_called_functions(file: SourceFile, project: Project) -> Iterator[Finding]:
    """A function that ends the transaction of the session it is given, with more to do on it behind the call."""
    for opener in file.calls("begin"):
        statement = opener.parent.parent if isinstance(opener.parent, WithItem) else None
        function = opener.function
        if function is None or not isinstance(statement, With) or not statement.is_async:
            continue
        for block in begun_by(project, statement):
            for call in calls_between(function, statement.items[-1].end, statement.end):
                if not block.is_nested and ended_inside(project, call, block.session):
                    used = used_after(function, call, block)
                    if used is not None:
                        yield found(file, call, block._replace(confidence=Confidence.MEDIUM), used)
                        break


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
    related.append(Related(message="used again here", location=file.location(used)))
    return file.finding(
        commit_inside_begin_block,
        call,
        f"`{name}()` ends the transaction that the block of `{opener}()` holds: `{used.func.text}()` in line "
        f'{used.line} fails with "Can\'t operate on closed transaction inside context manager"',
        confidence=min(block.confidence, Confidence.HIGH),
        remedy=MENDS.get(call.method, MENDS["rollback"] if by_itself else MENDS[""]).format(block.session),
        related=tuple(related),
    )
