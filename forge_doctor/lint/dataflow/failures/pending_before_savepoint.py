"""What a session has to save when a savepoint is begun on it: that is sent before the savepoint is there, and its error is the
whole transaction's. Looks at one function, and only where nothing lies between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Assign, Await, Call, Except, FunctionDef, Try, With, WithItem
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.control_flow import within_function
from forge_doctor.lint.dataflow.failures.after_errors import recovers, spans_from
from forge_doctor.lint.dataflow.sessions.transactions import ENDING, calls_between, is_awaited
from forge_doctor.regex import regex

ADDING = words("add add_all")
SENDING = words("commit flush execute scalar scalars exec query get get_one refresh")
CAUGHT = regex(r"\b(?:Exception|BaseException|SQLAlchemyError|DBAPIError|IntegrityError|DatabaseError)\b")


class Unprotected(NamedTuple):
    """What is added before the savepoint, the handler of the error, and the use of the session behind it that fails."""

    added: Call
    savepoint: Call
    handler: Except
    used: Call


def unprotected(file: SourceFile, project: Project) -> Iterator[Unprotected]:
    """Every one of a file."""
    for savepoint in file.calls("begin_nested"):
        statement = savepoint.parent.parent if isinstance(savepoint.parent, WithItem) else None
        function, session = savepoint.function, savepoint.receiver
        if not isinstance(statement, With) or function is None or session is None:
            continue
        value = project.known(session)
        is_session = value.kind.is_async_session if statement.is_async else value.kind.is_sync_session
        if not is_session or value.confidence is Confidence.LOW:
            continue
        around = next((one for one in within_function(savepoint) if isinstance(one, Try)), None)
        handler = None if around is None or statement not in around.body else catching(around)
        added = added_before(function, statement, session.text)
        if around is None or handler is None or added is None:
            continue
        used = used_behind(project, function, around, handler, session.text, is_async=statement.is_async)
        if used is not None:
            yield Unprotected(added, savepoint, handler, used)


def catching(statement: Try) -> Except | None:
    """The handler that catches what a duplicate raises."""
    return next((one for one in statement.handlers if one.type is None or CAUGHT.search(one.type.text)), None)


def added_before(function: FunctionDef, block: With, session: str) -> Call | None:
    """The last object that the session was given for sure when the block begins, with nothing between that may send it."""
    before = [one for one in calls_between(function, 0, block.start) if one.is_on(session)]
    last = before[-1] if before else None
    if last is None or last.method not in ADDING or not always_before(last.statement, block):
        return None
    # What a plain session's functions do is called without a word.
    kind = Await if block.is_async else Call
    between = (one for one in function.find(kind, nested=False) if last.end <= one.start < block.start)
    is_changed = any(last.end <= one.start < block.start for one in function.find(Assign, nested=False))
    return None if is_changed or next(between, None) is not None else last


def used_behind(
    project: Project, function: FunctionDef, statement: Try, handler: Except, session: str, *, is_async: bool
) -> Call | None:
    """What the session sends next, if nothing rolls it back before."""
    if recovers(project, function, statement, handler, session):
        return None
    for start, end in spans_from(statement, handler):
        for call in calls_between(function, start, end):
            if not call.is_on(session):
                continue
            if call.method in ENDING - {"commit"}:
                return None
            if is_awaited(call) or call.method == "begin_nested" or (not is_async and call.method in SENDING):
                return call
    return None
