"""Where a WebSocket endpoint waits for messages again and again, or sends what something else brings: itself, or in what it
hands its socket to; and what a session has queried by then on the same way. Follows no call that it cannot resolve."""

from __future__ import annotations

from typing import NamedTuple

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Await, Call, For, FunctionDef, Node, Param, While
from forge_doctor.lint.dataflow.connections.connection_stretches import Uses, uses_in
from forge_doctor.lint.dataflow.connections.handles import THE_SESSION, Handle, Handles, reached
from forge_doctor.lint.dataflow.connections.held_connections import take_made
from forge_doctor.lint.dataflow.control_flow import is_in_handler, is_waited_for, within_function
from forge_doctor.lint.dataflow.sessions.transactions import calls_of
from forge_doctor.regex import regex

RECEIVING = ("receive", "receive_text", "receive_json", "receive_bytes", "iter_text", "iter_json", "iter_bytes")
SENDING = ("send_text", "send_json", "send_bytes")
ROWS = regex(r"\.stream(?:_scalars)?\(|\bselect\(|\.scalars\(")
MAX_DEPTH = 3


class Step(NamedTuple):
    """A function on the way to the wait, and its call that waits or leads there."""

    function: FunctionDef
    call: Call


def way_to_wait(project: Project, function: FunctionDef) -> tuple[Step, ...]:
    """From the endpoint to the call that waits for a message in a loop; empty where none does."""
    for call in calls_of(function):
        if call.method in RECEIVING and loop_around(call) is not None:
            return (Step(function, call),)
    named = frozenset(one.name for one in function.params if isinstance(one, Param) and is_socket(one))
    for call in calls_of(function) if named else ():
        if call.receiver is not None and call.receiver.text in named and is_push(call):
            return (Step(function, call),)
    sockets = {one.name: THE_SESSION for one in function.params if isinstance(one, Param) and is_socket(one)}
    return _way(project, function, sockets, repeated=False, depth=0) if sockets else ()


def is_socket(param: Param) -> bool:
    """Whether a parameter says that it is a WebSocket."""
    return param.annotation is not None and param.annotation.text.rpartition(".")[2] == "WebSocket"


def is_push(call: Call) -> bool:
    """Whether it sends without end what is waited for: in a `while True:` that awaits more than the sending, or an `async for`
    over anything but rows."""
    if call.method not in SENDING:
        return False
    for around in within_function(call):
        if isinstance(around, For) and around.is_async and ROWS.search(around.iter.text) is None:
            return True
        if isinstance(around, While) and around.test.text == "True":
            return any(one.value is not call for one in around.find(Await, nested=False))
    return False


def loop_around(call: Call) -> Node | None:
    """The outermost loop of the same function that a call is in."""
    loops = [one for one in within_function(call) if isinstance(one, While | For)]
    return loops[-1] if loops else None


def _way(
    project: Project, function: FunctionDef, known: dict[str, Handle], *, repeated: bool, depth: int
) -> tuple[Step, ...]:
    for call in sorted(calls_of(function), key=lambda one: one.end):
        take_made(project, call, known)
        again = repeated or loop_around(call) is not None
        waits = (again and call.method in RECEIVING) or is_push(call)
        if waits and call.receiver and known.get(call.receiver.text) == THE_SESSION:
            return (Step(function, call),)
        callee = project.called(call) if depth < MAX_DEPTH and not is_in_handler(call) else None
        own = {} if callee is None else reached(call, callee, known)
        if callee is not None and own and is_waited_for(call, callee):
            rest = _way(project, callee, own, repeated=again, depth=depth + 1)
            if rest:
                return (Step(function, call), *rest)
    return ()


def uses_until_wait(project: Project, way: tuple[Step, ...], handles: Handles) -> Uses:
    """What the functions on the way do with a session; `query` is the first before the wait or in its loop, and stands
    in the endpoint, which may only lead to it."""
    found, known = Uses(), dict(handles)
    for step, below in zip(way, (*way[1:], None), strict=True):
        uses = uses_in(project, step.function, tuple(sorted(known.items())))
        last = loop_around(step.call) or step.call
        told = uses.query if uses.query and uses.query is not step.call and uses.query.start < last.end else None
        if told is not None and found.query is None:
            found = found._replace(query=told if step is way[0] else way[0].call)
        found = found._replace(ended=found.ended or uses.ended, handed=found.handed or uses.handed)
        for call in sorted(calls_of(step.function), key=lambda one: one.end):
            if call.end <= step.call.end:
                take_made(project, call, known)
        known = {} if below is None else reached(step.call, below.function, known)
    return found
