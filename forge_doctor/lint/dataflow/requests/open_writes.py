"""What an endpoint writes through the functions and objects it hands its session to, where none of them can commit; and what
a dependency does, where an endpoint behind it commits nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Call, For, FunctionDef, Keyword, Name, Node, With
from forge_doctor.lint.dataflow.connections.handles import (
    THE_SESSION,
    Handle,
    Handles,
    gives_session,
    handle_of,
    injected_handles,
    reached,
    session_sources,
)
from forge_doctor.lint.dataflow.connections.held_connections import take_made
from forge_doctor.lint.dataflow.frameworks.injection import dependents, endpoint_decorator, run_before
from forge_doctor.lint.dataflow.objects.pending_changes import changes
from forge_doctor.lint.dataflow.requests.providers import lends_without_commit
from forge_doctor.lint.dataflow.sessions.transactions import calls_of, is_write
from forge_doctor.lint.dataflow.use_def import is_read
from forge_doctor.regex import regex

MAX_DEPTH = 3
MOST_ENDPOINTS = 10
# Any word of a transaction in a function says that it may care for the commit.
COMMITS = regex(rb"commit|\.begin\b|transaction|[aA]tomic|unit_?of_?work|UnitOfWork|run_sync|get_bind", re.IGNORECASE)


def open_write(project: Project, function: FunctionDef, handles: Handles) -> Call | None:
    """The first write that is reached with the session; None where one may be committed, or where the session goes out
    of sight."""
    try:
        return _write(project, function, dict(handles), 0)
    except OutOfSightError:
        return None


def open_write_within(project: Project, block: With | For, handles: Handles) -> Call | None:
    """The same of a block or a loop, whatever the function does around it."""
    try:
        calls = (call for one in block.body for call in one.find(Call, nested=False))
        return _first_write(project, calls, block.body, dict(handles), 0)
    except OutOfSightError:
        return None


def commits_none(project: Project, function: FunctionDef, handles: Handles) -> bool:
    """Whether a function surely leaves the session's transaction as it is, by whatever names it reaches it."""
    if COMMITS.search(function.file.data[function.start : function.end]) is not None:
        return False
    try:
        _first_write(project, calls_of(function), (function,), dict(handles), 0)
    except OutOfSightError:
        return False
    return True


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
        writes = is_flush_of_change(project, call) if call.method == "flush" else is_write(project, call)
        return call if writes else None
    if handle is None and receiver is not None:
        handle = _own_object(call, receiver, known)
    given = [one.text for one in (*call.args, *(pair.value for pair in call.keywords)) if one.text in known]
    if (handle is None and not given) or handle_of(project, call, known) is not None:
        return None
    called = project.called(call)
    if called is None:
        raise OutOfSightError
    objects = known if handle is None or receiver is None else {**known, receiver.text: handle}
    own = reached(call, called, objects)
    if len(own) < len(given):
        raise OutOfSightError
    return _write(project, called, own, depth + 1) if own else None


def _own_object(call: Call, receiver: Node, known: Mapping[str, Handle]) -> Handle | None:
    """`self` of `self.keep()`, in a method that knows `self.session`: the object is the same there."""
    function = call.function
    if function is None or not function.is_method or receiver.text not in function.param_names[:1]:
        return None
    held = tuple((name.partition(".")[2], one) for name, one in known.items() if name.startswith(f"{receiver.text}."))
    return Handle(held) if held and all("." not in name for name, _ in held) else None


def is_flush_of_change(project: Project, call: Call) -> bool:
    """Whether a flush comes behind a change of an object that the same function loaded with the session."""
    session = "" if call.receiver is None else call.receiver.text
    return any(
        assign.function is call.function and assign.end < call.start and loader.text == session
        for assign, loader in changes(call.file, project)
    )


def _goes_elsewhere(name: Name, known: Mapping[str, Handle]) -> bool:
    """Whether the session, or an object that holds it, is used for anything but a call on it or with it."""
    if name.text not in known or not is_read(name):
        return False
    around: Node | None = name.parent
    return not isinstance(around, Attribute | Call | Keyword)


# -- what a dependency writes


class LostWrite(NamedTuple):
    """A write of a dependency, what makes the session, and an endpoint that nothing is committed for."""

    write: Call
    source: FunctionDef
    endpoint: FunctionDef


def lost_write(project: Project, dependency: FunctionDef) -> LostWrite | None:
    """The first write of a dependency that at least one endpoint surely loses."""
    if not dependency.params or endpoint_decorator(project, dependency) or gives_session(project, dependency):
        return None
    for source in session_sources(project, dependency):
        handles = injected_handles(project, dependency, source) if lends_without_commit(project, source) else ()
        write = open_write(project, dependency, handles) if handles else None
        for endpoint in islice(_endpoints(project, dependency), MOST_ENDPOINTS) if write is not None else ():
            if write is not None and loses(project, endpoint, source):
                return LostWrite(write, source, endpoint)
    return None


def _endpoints(project: Project, dependency: FunctionDef) -> Iterator[FunctionDef]:
    return (one for one in dependents(project, dependency) if endpoint_decorator(project, one) is not None)


def loses(project: Project, endpoint: FunctionDef, source: FunctionDef) -> bool:
    """Whether neither an endpoint nor any of its dependencies may commit the session that `source` makes."""
    providers = [one.provider for one in run_before(project, endpoint)]
    return all(
        one is source or (one is not None and commits_none(project, one, injected_handles(project, one, source)))
        for one in (endpoint, *providers)
    )
