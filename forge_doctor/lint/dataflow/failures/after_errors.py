"""What a handler of the database's errors does for the session that has failed, and what its end leads to; does not say
whether anything fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import leaves
from forge_doctor.code.syntax.nodes import Call, Except, For, FunctionDef, If, Other, Raise, Return, Try, While
from forge_doctor.code.syntax.successors import Span, spans_after, spans_after_leaving
from forge_doctor.lint.dataflow.control_flow import within_function
from forge_doctor.lint.dataflow.failures.converted_errors import cares_for_transaction
from forge_doctor.lint.dataflow.failures.outcomes import is_never_passed
from forge_doctor.lint.dataflow.sessions.transactions import ENDING, calls_between, is_awaited, is_handed, mentions

MOST_CALLS = 3
# What works on a session whose transaction failed.
WORKING = frozenset({"rollback", "close", "aclose", "reset", "invalidate", "remove", "expunge", "expunge_all",
                     "in_transaction", "is_modified", "get_bind", "add", "add_all"})  # fmt: skip


def recovers(project: Project, function: FunctionDef, statement: Try, handler: Except, session: str) -> bool:
    """Whether the handler (or `finally`) rolls back, raises, ends the program, or hands the session to something that may: a
    function in sight that works with it first does not."""
    left = next(iter(sorted(handler.find(Raise), key=lambda one: one.start)), None)
    if left is not None:  # what asks the session first never gets there
        return next_use(project, function, [(handler.start, left.start)], session) is None
    if is_never_passed(project, handler.body):
        return True
    if is_handed(function, session, handler.start, handler.end):
        return next_use(project, function, [(handler.start, handler.end)], session) is None
    later = calls_between(function, handler.start, statement.end)
    return any(one.method in ENDING and one.method != "commit" for one in later)  # of the savepoint, too


def spans_from(statement: Try, handler: Except) -> Iterator[Span]:
    """The handler, and what its end leads to; nothing behind one that may leave half-way."""
    yield handler.start, handler.end
    if any(handler.find(Return)):
        return
    if leaves(handler.body):
        yield from spans_after_leaving(handler.body[-1])
    elif not any(one.text in ("continue", "break") for one in handler.find(Other)):
        yield from spans_after(statement)


def next_use(
    project: Project, function: FunctionDef, spans: Iterable[Span], session: str, depth: int = 0
) -> Call | None:
    """The next use of the session in what the swallowed error leads to, if it fails there: itself, or by an awaited function
    that is given the session."""
    for start, end in spans:
        for one in calls_between(function, start, end):
            if mentions(one, session) and not is_handed(function, session, start, one.start):
                return one if fails_inside(project, one, session, depth) else None
            if one.receiver is None or one.receiver.text != session:
                continue
            if is_handed(function, session, start, one.start) or one.method in ENDING - {"commit"}:
                return None
            if one.method not in WORKING:
                return one if is_awaited(one) else None
        if is_handed(function, session, start, end):
            return None
    return None


def fails_inside(project: Project, call: Call, session: str, depth: int) -> bool:
    """Whether what a call awaits always works with the session that it is given, before it rolls anything back."""
    called = project.called(call) if is_awaited(call) and depth < MOST_CALLS else None
    if called is None or called.is_generator or cares_for_transaction(called):
        return False
    names = (
        name for name in called.param_names if (one := called.argument(call, name)) is not None and one.text == session
    )
    name = next(names, None)
    used = None if name is None else next_use(project, called, [(called.body_start, called.end)], name, depth + 1)
    return used is not None and not any(isinstance(one, If | Try | For | While) for one in within_function(used))
