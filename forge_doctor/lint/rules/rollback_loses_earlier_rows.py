"""The rollback for one item of a loop takes back what the loop wrote for the items before it.

Why: `rollback()` ends the whole transaction, not the last flush. A loop that writes item after item, rolls back where one fails
and goes on, keeps only what came behind the last failure: the commit after the loop saves that alone, with no error, and whatever
counted the items counts rows that are not there. Objects that were only added are gone with it.

Bad:

    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.ext.asyncio import AsyncSession

    async def import_users(db: AsyncSession, users):
        for user in users:
            try:
                db.add(user)
                await db.flush()
            except IntegrityError:
                await db.rollback()
        await db.commit()

Good:

    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.ext.asyncio import AsyncSession

    async def import_users(db: AsyncSession, users):
        for user in users:
            try:
                async with db.begin_nested():
                    db.add(user)
            except IntegrityError:
                print("exists already")
        await db.commit()

Wrong when: each item is saved before the next, the loop ends with the first item that succeeds (another attempt), or nothing
is to be saved once an item has failed. A commit or a savepoint in the loop or in what it calls, a `return` or `break` in it,
and a condition behind it on what the handler noted, which raises or returns, are looked for.

Source: https://docs.sqlalchemy.org/en/20/orm/session_transaction.html#using-savepoint; manavgup/wikimind#706; tried with
SQLAlchemy 2.1.9: of three rows, the second a duplicate, the third alone is saved
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import leaves
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    Except,
    For,
    FunctionDef,
    If,
    Name,
    Other,
    Return,
    Try,
)
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.connections.handles import with_made, written_as
from forge_doctor.lint.dataflow.control_flow import within_function
from forge_doctor.lint.dataflow.failures.outcomes import is_never_passed
from forge_doctor.lint.dataflow.requests.open_writes import COMMITS, open_write_within
from forge_doctor.lint.dataflow.sessions.transactions import (
    begin_blocks,
    calls_between,
    calls_named,
    is_awaited,
    opened_by,
    session_calls,
)
from forge_doctor.regex import regex

SUSPECT = WordsThen(rb"await[\s(]+[\w.]+\s*\.\s*rollback\s*\(", b"rollback")
LINE_DOES = ("writes",)
AGAIN = regex(r"attempt|retr(?:y|ies)|tries", re.IGNORECASE)
SAVES = regex(r"save|store|persist|create|insert|update|upsert|delete|write|add|sync", re.IGNORECASE)
DELIBERATE = regex(r"dry|preview|simulat|validat|check|test", re.IGNORECASE)


@check(severity=Severity.ERROR)
def rollback_loses_earlier_rows(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the rollbacks in handlers inside of a loop that goes on."""
    if is_test_file(file) or not file.mentions(b"for ") or not file.mentions(b"except"):
        return
    told: set[int] = set()
    for call, confidence in session_calls(file, project, frozenset({"rollback"})):
        handler, loop = going_on(project, call)
        function, session = call.function, call.receiver
        if handler is None or loop is None or function is None or loop.start in told or not is_awaited(call):
            continue
        if not isinstance(session, Name | Attribute) or is_renewed(loop, session) or any(begin_blocks(project, call)):
            continue
        write = written(project, function, loop, session)
        saved = None if write is None else saves(function, loop, handler, session)
        if write is not None and saved is not None:
            told.add(loop.start)
            yield found(file, call, loop, write, saved, confidence)


def going_on(project: Project, rollback: Call) -> tuple[Except | None, For | None]:
    """The handler that rolls back, and the loop around its `try` that takes the next item then."""
    handler = next((one for one in within_function(rollback) if isinstance(one, Except | Try | For)), None)
    loop = None if handler is None else next((one for one in within_function(handler) if isinstance(one, For)), None)
    if not isinstance(handler, Except) or loop is None or AGAIN.search(loop.target.text + loop.iter.text):
        return None, None
    last = handler.body[-1]
    if (leaves(handler.body) and last.text != "continue") or is_never_passed(project, handler.body):
        return None, None
    if any(loop.find(Return, nested=False)) or any(one.text == "break" for one in loop.find(Other, nested=False)):
        return None, None
    return handler, loop


def is_renewed(loop: For, session: Name | Attribute) -> bool:
    """Whether each item has a session of its own."""
    opened = opened_by(session)
    root = session.text.partition(".")[0]
    bound = any(target.text in (root, session.text) for one in loop.find(Assign) for target in one.targets)
    named = re.search(rf"\b{re.escape(root)}\b", loop.target.text)
    return bound or named is not None or (opened is not None and loop.contains(opened))


def written(project: Project, function: FunctionDef, loop: For, session: Name | Attribute) -> Call | None:
    """What an item writes with the session, where nothing in the loop may commit it."""
    for call in calls_between(function, loop.start, loop.end):
        if COMMITS.search(call.func.text.encode()) or call.method.startswith("begin"):
            return None
        if not is_awaited(call) or call.is_on(session.text):
            continue
        called = project.called(call)
        if called is None and call.func.text.startswith("self.") and SAVES.search(call.method):
            return None
        if called is not None and COMMITS.search(called.file.data[called.start : called.end]):
            return None
    handles = with_made(project, function, written_as(session.text), loop.start)
    return open_write_within(project, loop, handles)


def saves(function: FunctionDef, loop: For, handler: Except, session: Name | Attribute) -> Call | FunctionDef | None:
    """What saves the rest: the commit behind the loop, or whoever has given the session to the function."""
    noted = {one.text for one in handler.find(Name)} - {session.text.partition(".")[0]}
    for one in function.find(If, nested=False):
        words = {name.text for name in one.find(Name)}
        if one.start >= loop.end and leaves(one.body) and noted & words:
            return None
    commits = calls_named(function, ("commit",), loop.end, function.end)
    commit = next((one for one in commits if one.is_on(session.text)), None)
    if commit is not None:
        return commit
    is_given = isinstance(session, Attribute) or (session.text in function.param_names and opened_by(session) is None)
    return function if is_given and not DELIBERATE.search(function.name) else None


def found(
    file: SourceFile, call: Call, loop: For, write: Call, saved: Call | FunctionDef, confidence: Confidence
) -> Finding:
    """The finding."""
    session = call.func.text.rpartition(".")[0]
    is_here = isinstance(saved, Call)
    where = f"line {write.line}" if write.file is file else f"{write.file.path}:{write.line}"
    rest = f"`{saved.func.text}()` in line {saved.line}" if isinstance(saved, Call) else "whoever commits later"
    return file.finding(
        rollback_loses_earlier_rows,
        call,
        f"`{call.func.text}()` takes back the whole transaction: all that the loop in line {loop.line} wrote for the items before "
        f"(`{write.func.text}()`, {where}) is gone, and {rest} saves only what comes behind the last failure",
        confidence=min(confidence, Confidence.HIGH if is_here else Confidence.MEDIUM),
        remedy=f"async with {session}.begin_nested():  # in the `try`, around one item's writes: a failure takes back that item alone",
        related=(Related(message="written here", location=write.file.location(write)),),
    )
