"""What a function does with one session: what leaves it with a connection, what gives that back, what waits meanwhile.

Reads a function from top to bottom and goes into what it calls; every function is read once for each way it reaches
the session.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import leaves
from forge_doctor.code.syntax.nodes import Assign, Await, Call, Except, For, FunctionDef, If, Name, Node, With, Yield
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.requests.handles import (
    THE_SESSION,
    Handle,
    Handles,
    given_to,
    handle_of,
    inside,
)
from forge_doctor.lint.dataflow.sessions.transactions import ENDING, READING, calls_between, is_awaited
from forge_doctor.lint.dataflow.waits import Wait, wait_of

QUERYING = READING | {"flush", "connection", "query"}
PLAIN = ("scalar", "scalars", "execute", "get", "get_one", "refresh", "flush", "query", "exec")
WAITING_TOGETHER = frozenset({"gather", "wait_for", "shield", "wait"})
MAX_DEPTH = 4


class Waited(NamedTuple):
    """A wait: `call` waits, `at` is the call of the function asked about that leads to it."""

    call: Call
    at: Call
    wait: Wait


class Summary(NamedTuple):
    """What a function does with a session, from its first line to its last.

    `query` is what leaves it with a connection; `ended` says that it may have given one back; `handed` that something
    out of sight got the session; `waited` is the first wait that is reached before any of that.
    """

    query: Call | None = None
    at: Call | None = None
    ended: bool = False
    handed: bool = False
    waited: Waited | None = None


NOTHING = Summary()
States = tuple[list[int], list[Summary]]
_states: WeakKeyDictionary[Project, dict[tuple[FunctionDef, Handles, int], States]] = WeakKeyDictionary()
_summaries: WeakKeyDictionary[Project, dict[tuple[FunctionDef, Handles], Summary]] = WeakKeyDictionary()


def summary(project: Project, function: FunctionDef, handles: Handles, depth: int = 0) -> Summary:
    """What a function does with the session it reaches by these names."""
    known = _summaries.setdefault(project, {})
    key = (function, handles)
    found = known.get(key)
    if found is None:
        if depth > MAX_DEPTH:
            return NOTHING
        known[key] = NOTHING  # a cycle adds nothing
        found = known[key] = _summary(project, function, dict(handles), depth)
    return found


def _summary(project: Project, function: FunctionDef, known: dict[str, Handle], depth: int) -> Summary:
    found = NOTHING
    for call in _calls_in_order(function):
        take_made(project, call, known)
        found = _after(found, call, _step(project, call, known, depth))
    return found


def _after(found: Summary, call: Call, step: Summary) -> Summary:
    """What holds behind one more call."""
    if step is NOTHING or is_in_handler(call):
        return found
    if found.waited is None and step.waited is not None and not found.ended and not found.handed:
        found = found._replace(waited=step.waited)
    if step.ended and not _is_left_behind(call):
        found = found._replace(query=None, at=None, ended=True)
    if step.query is not None:
        found = found._replace(query=step.query, at=call)
    return found._replace(handed=found.handed or step.handed)


def state_before(project: Project, function: FunctionDef, handles: Handles, start: int, end: int) -> Summary:
    """What a stretch of a function has done with a session when it ends."""
    known = _states.setdefault(project, {})
    key = (function, handles, start)
    found = known.get(key)
    if found is None:
        found = known[key] = _states_from(project, function, handles, start)
    ends, states = found
    return states[bisect_right(ends, end)]


def _states_from(project: Project, function: FunctionDef, handles: Handles, start: int) -> States:
    """Where each call behind a place ends, and what has been done by then: the first before any of them."""
    known = dict(handles)
    ends: list[int] = []
    states = [NOTHING]
    for call in sorted(calls_between(function, start, function.end), key=lambda one: one.end):
        take_made(project, call, known)
        ends.append(call.end)
        states.append(_after(states[-1], call, _step(project, call, known, 0)))
    return ends, states


class Uses(NamedTuple):
    """What a whole function, behind a `yield` too, does with a session: the first query, what waits, what ends it."""

    query: Call | None = None
    waited: Waited | None = None
    ended: bool = False


def uses_in(project: Project, within: Node, handles: Handles, start: int = 0) -> Uses:
    """The same for all of a function or block from `start` on, in whatever order it runs."""
    known = dict(handles)
    query, waited, ended = None, None, False
    for call in sorted(within.find(Call, nested=False), key=lambda one: one.end):
        if call.start < start or is_in_handler(call):
            continue
        take_made(project, call, known)
        step = _step(project, call, known, 0)
        query = query or (call if step.query is not None else None)
        waited, ended = waited or step.waited, ended or step.ended
    return Uses(query, waited, ended)


def _calls_in_order(function: FunctionDef) -> Iterator[Call]:
    """Up to the `yield`, where a dependency lends what it has; an argument before the call it is given to."""
    first = next(iter(function.find(Yield, nested=False)), None)
    end = function.end if first is None else first.start
    yield from sorted(calls_between(function, function.start, end), key=lambda one: one.end)


def take_made(project: Project, call: Call, known: dict[str, Handle]) -> None:
    """`service = Service(db)`, and `Service(db)` as a receiver."""
    handle = handle_of(project, call, known) if known else None
    if handle is None:
        return
    known[call.text] = handle
    if isinstance(call.parent, Assign) and isinstance(call.parent.target, Name):
        known[call.parent.target.text] = handle


def _step(project: Project, call: Call, known: dict[str, Handle], depth: int) -> Summary:
    receiver = call.receiver
    handle = None if receiver is None else known.get(receiver.text)
    if handle is THE_SESSION or handle == THE_SESSION:
        return _of_session(call)
    wait = wait_of(project, call)
    if wait is not None:
        return Summary(waited=Waited(call, call, wait))
    function = project.called(call)
    if function is None or function.name == "__init__":
        given = any(one.text in known for one in (*call.args, *(pair.value for pair in call.keywords)))
        return Summary(handed=True) if function is None and (given or handle is not None) else NOTHING
    if not is_waited_for(call, function):
        return NOTHING
    own = dict(given_to(function, call, known))
    if handle is not None:
        own |= dict(inside(function, handle))
    inner = summary(project, function, tuple(sorted(own.items())), depth + 1)
    waited = None
    if inner.waited is not None:
        less = inner.waited.wait._replace(confidence=min(inner.waited.wait.confidence, Confidence.MEDIUM))
        waited = Waited(inner.waited.call, call, less)
    return inner._replace(waited=waited)


def waited_inside(project: Project, call: Call, session: str) -> Waited | None:
    """What a call of a function of the project waits for while the session, as the caller writes it, is as it was: the
    function neither ends its transaction nor hands it on before."""
    root, _, attribute = session.partition(".")
    known = {session: THE_SESSION} | ({root: Handle(((attribute, THE_SESSION),))} if attribute else {})
    step = _step(project, call, known, 0)
    return None if step.waited is None or step.waited.call is call else step.waited


def ended_inside(project: Project, call: Call, session: str) -> bool:
    """Whether a call hands the session, as the caller writes it, to a function that ends its transaction."""
    root, _, attribute = session.partition(".")
    known = {session: THE_SESSION} | ({root: Handle(((attribute, THE_SESSION),))} if attribute else {})
    if call.receiver is not None and call.receiver.text == session:
        return False
    if (receiver := call.receiver) is not None and (made := handle_of(project, receiver, known)) is not None:
        known[receiver.text] = made
    return _step(project, call, known, 0).ended


def _of_session(call: Call) -> Summary:
    runs = is_awaited(call) or call.method in PLAIN
    if call.method in ENDING:
        return Summary(ended=True)
    if call.method in QUERYING and runs and not _is_in_begin_block(call):
        return Summary(query=call, at=call)
    return NOTHING


def is_waited_for(call: Call, function: FunctionDef) -> bool:
    """Whether the code of the function runs to its end before the caller goes on."""
    around = call.parent
    if function.is_generator:
        return isinstance(around, For) and around.iter is call
    if not function.is_async:
        return True
    if isinstance(around, Call) and around.method in WAITING_TOGETHER:
        around = around.parent
    return isinstance(around, Await)


def _is_in_begin_block(call: Call) -> bool:
    """Whether `with session.begin():` around it gives the connection back."""
    session = "" if call.receiver is None else call.receiver.text
    return any(
        isinstance(item.value, Call) and item.value.func.text == f"{session}.begin"
        for around in call.ancestors
        if isinstance(around, With)
        for item in around.items
    )


def is_in_handler(node: Node) -> bool:
    """Whether it runs only when something has failed."""
    function = node.function
    if function is None:
        return node.enclosing(Except) is not None
    known: dict[FunctionDef, tuple[list[int], list[int]]] = node.file.kept.setdefault(is_in_handler, {})
    if function not in known:
        known[function] = _handlers(function)
    starts, ends = known[function]
    place = bisect_right(starts, node.start) - 1
    return place >= 0 and node.start < ends[place]


def _handlers(function: FunctionDef) -> tuple[list[int], list[int]]:
    """Where the outermost handlers of a function begin and end."""
    starts: list[int] = []
    ends: list[int] = []
    for one in function.find(Except, nested=False):
        if not ends or one.start >= ends[-1]:
            starts.append(one.start)
            ends.append(one.end)
    return starts, ends


def _is_left_behind(node: Node) -> bool:
    """Whether it stands in a branch that leaves the function: what follows does not come from there."""
    return any(
        isinstance(one, If) and leaves(one.body) and one.body[-1].end >= node.end for one in within_function(node)
    )


def within_function(node: Node) -> Iterator[Node]:
    """What stands around it, from the inside out, as far as its own function."""
    for one in node.ancestors:
        if isinstance(one, FunctionDef):
            return
        yield one
