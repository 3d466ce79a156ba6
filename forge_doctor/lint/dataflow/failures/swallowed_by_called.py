"""Who goes on with a session whose flush or commit has failed in a function that it has called, which says nothing of it: its
handler neither raises nor rolls back. Looks at no caller that asks for the result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Await,
    Call,
    Except,
    Expr,
    For,
    FunctionDef,
    If,
    Name,
    Try,
    While,
    With,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.successors import spans_after
from forge_doctor.lint.dataflow.connections.handles import THE_SESSION, Handle, reached, with_made
from forge_doctor.lint.dataflow.control_flow import within_function
from forge_doctor.lint.dataflow.failures.after_errors import next_use, recovers, spans_from
from forge_doctor.lint.dataflow.failures.converted_errors import (
    BREAKING,
    DATABASE_ERROR,
    Conversion,
    cares_for_transaction,
    failing_names,
)
from forge_doctor.lint.dataflow.failures.swallowed_by_callers import (
    Swallowed,
    fails_with,
    name_of_session,
    sessions_there,
    swallowing,
)
from forge_doctor.lint.dataflow.sessions.transactions import begin_blocks, calls_of, is_awaited, is_handed


def swallowed_inside(file: SourceFile, project: Project) -> Iterator[Swallowed]:
    """Every call of a file that leaves a failed session behind, once for each function that it stands in and calls."""
    told: set[tuple[FunctionDef | None, FunctionDef]] = set()
    names = sorted(failing_names(project) & file.names_called)
    for call in file.calls(*names) if names else ():
        callee = project.called(call) if is_awaited(call) and not is_asked(call) else None
        if callee is None or callee.is_generator or not callee.file.mentions(b"except"):
            continue
        if (call.function, callee) in told or cares_for_transaction(callee) or any(begin_blocks(project, call)):
            continue
        found = _swallowed(project, call, callee)
        if found is not None:
            told.add((call.function, callee))
            yield found


def is_asked(call: Call) -> bool:
    """Whether the caller may ask how it went: the result is bound to a name that a condition reads, or used right there."""
    around, function = call.parent.parent if isinstance(call.parent, Await) else None, call.function
    if isinstance(around, Expr):
        return False
    if not isinstance(around, Assign) or function is None or not isinstance(around.target, Name):
        return True
    word = re.compile(rf"(?<![\w.]){re.escape(around.target.text)}\b")
    asked: tuple[If | While, ...] = (*function.find(If, nested=False), *function.find(While, nested=False))
    return not around.is_augmented and any(word.search(one.test.text) is not None for one in asked)


def _swallowed(project: Project, call: Call, callee: FunctionDef) -> Swallowed | None:
    function = call.function
    for handles in sessions_there(project, call, call.statement) if function is not None else ():
        known = dict(with_made(project, function, handles, call.start)) if function is not None else {}
        written = (text for text, handle in reached(call, callee, known).items() if handle == THE_SESSION)
        failing = next((one for text in written if (one := swallower(project, callee, text)) is not None), None)
        session = name_of_session(call, known)
        used = _used_behind(project, call, session, known) if failing is not None and session else None
        if failing is not None and used is not None and failing.handler is not None:
            return Swallowed(call, failing.handler, failing, session, used)
    return None


def swallower(project: Project, function: FunctionDef, session: str) -> Conversion | None:
    """The flush or commit of a session it writes so whose error a handler of the function swallows, with nothing behind it that
    works with the session."""
    for call in calls_of(function):
        if call.func.text not in [f"{session}.{method}" for method in BREAKING] or not is_awaited(call):
            continue
        statement = next((one for one in within_function(call) if isinstance(one, Try)), None)
        handler = None if statement is None else _handler(statement, call)
        if statement is None or handler is None or recovers(project, function, statement, handler, session):
            continue
        spans = list(spans_from(statement, handler))
        # Who gets the session there may fail first.
        if any(is_handed(function, session, start, end) for start, end in spans):
            continue
        if next_use(project, function, spans, session) is None:
            return Conversion(call, handler, DATABASE_ERROR)
    return None


def _handler(statement: Try, call: Call) -> Except | None:
    return swallowing(statement, DATABASE_ERROR) if any(one.contains(call) for one in statement.body) else None


def _used_behind(project: Project, call: Call, session: str, known: Mapping[str, Handle]) -> Call | None:
    """The next use of the session behind the call, in the block that opens it; the next round of a loop is behind it too."""
    root = session.partition(".")[0]
    opened = next(
        (
            one
            for one in within_function(call)
            if isinstance(one, With) and any(item.target is not None and item.target.text == root for item in one.items)
        ),
        None,
    )
    loops = [one for one in within_function(call) if isinstance(one, For | While)]
    loops = [one for one in loops if opened is None or opened.contains(one)]
    for start, end in spans_after(call.statement):
        for one in calls_of_span(call, start, end):
            # What a block opens in each round is another session.
            is_again = one.start <= call.start and any(loop.contains(one) for loop in loops)
            if not is_again and (one.start <= call.start or (opened is not None and not opened.contains(one))):
                continue
            fails = fails_with(project, one, session, known)
            if fails is not None:
                return one if fails and is_awaited(one) else None
    return None


def calls_of_span(call: Call, start: int, end: int) -> Iterator[Call]:
    """The calls of the same function between two places."""
    function = call.function
    yield from (one for one in calls_of(function) if start <= one.start and one.end <= end) if function else ()
