"""What an endpoint writes through the functions and objects it hands its session to, where none of them can commit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Call, FunctionDef, Keyword, Name, Node, With
from forge_doctor.lint.dataflow.requests.handles import THE_SESSION, Handle, Handles, given_to, handle_of, inside
from forge_doctor.lint.dataflow.requests.held_connections import take_made
from forge_doctor.lint.dataflow.sessions.transactions import calls_of, is_write
from forge_doctor.lint.dataflow.use_def import is_read
from forge_doctor.regex import regex

MAX_DEPTH = 3
# Any word of a transaction in a function says that it may care for the commit.
COMMITS = regex(rb"commit|\.begin\b|transaction|[aA]tomic|unit_?of_?work|UnitOfWork|run_sync|get_bind", re.IGNORECASE)


def open_write(project: Project, function: FunctionDef, handles: Handles) -> Call | None:
    """The first write that is reached with the session; None where one may be committed, or where the session goes out
    of sight."""
    try:
        return _write(project, function, dict(handles), 0)
    except OutOfSightError:
        return None


def open_write_within(project: Project, block: With, handles: Handles) -> Call | None:
    """The same of a block, whatever the function does around it."""
    try:
        calls = (call for one in block.body for call in one.find(Call, nested=False))
        return _first_write(project, calls, block.body, dict(handles), 0)
    except OutOfSightError:
        return None


class OutOfSightError(Exception):
    """Something gets the session that is not known not to commit."""


def _write(project: Project, function: FunctionDef, known: dict[str, Handle], depth: int) -> Call | None:
    data = function.file.data[function.start : function.end]
    if depth > MAX_DEPTH or function.is_generator or COMMITS.search(data) is not None:
        raise OutOfSightError
    return _first_write(project, calls_of(function), (function,), known, depth)


def _first_write(
    project: Project, calls: Iterable[Call], within: Iterable[Node], known: dict[str, Handle], depth: int
) -> Call | None:
    write: Call | None = None
    for call in sorted(calls, key=lambda one: one.end):
        take_made(project, call, known)
        reached = _by_call(project, call, known, depth)
        write = write or reached
    if any(_goes_elsewhere(one, known) for part in within for one in part.find(Name)):
        raise OutOfSightError
    return write


def _by_call(project: Project, call: Call, known: Mapping[str, Handle], depth: int) -> Call | None:
    receiver = call.receiver
    handle = None if receiver is None else known.get(receiver.text)
    if handle == THE_SESSION:
        return call if call.method != "flush" and is_write(project, call) else None
    given = [one.text for one in (*call.args, *(pair.value for pair in call.keywords)) if one.text in known]
    if (handle is None and not given) or handle_of(project, call, known) is not None:
        return None
    called = project.called(call)
    if called is None:
        raise OutOfSightError
    own = dict(given_to(called, call, known)) | (dict(inside(called, handle)) if handle is not None else {})
    if len(own) < len(given):
        raise OutOfSightError
    return _write(project, called, own, depth + 1) if own else None


def _goes_elsewhere(name: Name, known: Mapping[str, Handle]) -> bool:
    """Whether the session, or an object that holds it, is used for anything but a call on it or with it."""
    if name.text not in known or not is_read(name):
        return False
    around: Node | None = name.parent
    return not isinstance(around, Attribute | Call | Keyword)
