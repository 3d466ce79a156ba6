"""What a function does with one session: what leaves it with a connection, what gives that back, what waits meanwhile.

Reads a function from top to bottom and goes into what it calls, once for each way a function reaches the session.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Call, FunctionDef, Name, Node
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.connections.handles import (
    THE_SESSION,
    Handle,
    Handles,
    given_to,
    handle_of,
    inside,
    written_as,
)
from forge_doctor.lint.dataflow.connections.waiting_functions import end_of_run, place_of, started_waiting, waits_inside
from forge_doctor.lint.dataflow.control_flow import is_in_handler, is_left_behind, is_reached_from, is_waited_for
from forge_doctor.lint.dataflow.function_summaries import Summaries
from forge_doctor.lint.dataflow.sessions.transactions import (
    ENDING,
    READING,
    calls_between,
    is_awaited,
    is_in_ending_block,
)
from forge_doctor.lint.dataflow.waits import Wait, wait_of

QUERYING = READING | {"flush", "connection", "query"}
PLAIN = ("scalar", "scalars", "execute", "get", "get_one", "refresh", "flush", "query", "exec")


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
NAME = attrgetter("name")


class Called(NamedTuple):
    """A function of the project, and the names by which it reaches the session; without `waits` it does not matter what it
    waits for, and most of its calls are not looked at."""

    function: FunctionDef
    handles: Handles
    waits: bool

    @property
    def name(self) -> tuple[str, int, Handles, bool]:
        """The same without a node."""
        return (*place_of(self.function), self.handles, self.waits)


Step = Summary | Called


class Steps(NamedTuple):
    """What the calls of one function do with a session, one after the other."""

    steps: tuple[tuple[Call, Step], ...]

    @property
    def calls(self) -> list[Called]:
        """The functions that it calls."""
        return [step for _, step in self.steps if isinstance(step, Called)]

    def summed_up(self, answer: Callable[[Called], Summary]) -> Summary:
        """What holds behind the last of them."""
        found = NOTHING
        for call, step in self.steps:
            found = _after(found, call, step if isinstance(step, Summary) else _by_way_of(call, answer(step)))
        return found


States = tuple[list[int], list[Summary]]


def summary(project: Project, function: FunctionDef, handles: Handles) -> Summary:
    """What a function does with the session it reaches by these names."""
    return _summed_up(project, Called(function, handles, waits=True))


def left_by(project: Project, function: FunctionDef, handles: Handles) -> Summary:
    """The same without what it waits for: reads only what is given the session."""
    return _summed_up(project, Called(function, handles, waits=False))


def _summed_up(project: Project, called: Called) -> Summary:
    known: Summaries[Called, Summary] | None = project.kept.get(summary)
    if known is None:  # most do nothing, and that holds no node
        lasting = project.lasting.setdefault(summary, {})
        known = project.kept[summary] = Summaries(NOTHING, lasting, NAME, lasts=NOTHING.__eq__)
    return known.of(called, partial(_steps_of, project))


def _steps_of(project: Project, called: Called) -> Steps:
    known = dict(called.handles)
    steps: list[tuple[Call, Step]] = []
    for call in _calls_in_order(called.function):
        take_made(project, call, known)
        if not is_in_handler(call) and (step := _read(project, call, known, called.waits)) is not NOTHING:
            steps.append((call, step))
    return Steps(tuple(steps))


def _after(found: Summary, call: Call, step: Summary) -> Summary:
    """What holds behind one more call."""
    if step is NOTHING or is_in_handler(call):
        return found
    if found.waited is None and step.waited is not None and not found.ended and not found.handed:
        found = found._replace(waited=step.waited)
    if step.ended and not is_left_behind(call):
        found = found._replace(query=None, at=None, ended=True)
    if step.query is not None:
        found = found._replace(query=step.query, at=call)
    return found._replace(handed=found.handed or step.handed)


def state_before(project: Project, function: FunctionDef, handles: Handles, start: int, end: int) -> Summary:
    """What a stretch of a function has done with a session when it ends, without its waits and branches that return."""
    known: dict[tuple[FunctionDef, Handles, int], States] = function.file.kept.setdefault(state_before, {})
    key = (function, handles, start)
    found = known.get(key)
    if found is None:
        found = known[key] = _states_from(project, function, handles, start)
    ends, states = found
    state = states[bisect_right(ends, end)]
    here = state.at is None or is_reached_from(state.at, end)
    return state if here else state_between(project, function, handles, start, end)


def _states_from(project: Project, function: FunctionDef, handles: Handles, start: int) -> States:
    """Where each call behind a place ends, and what has been done by then: the first before any of them."""
    ends: list[int] = []
    states = [NOTHING]
    for call, step in _left_one_by_one(project, function, handles, start, function.end):
        ends.append(call.end)
        states.append(_after(states[-1], call, step))
    return ends, states


def state_between(project: Project, function: FunctionDef, handles: Handles, start: int, end: int) -> Summary:
    """The same for a start of which nobody else asks: reads no further than the end."""
    found = NOTHING
    for call, step in _left_one_by_one(project, function, handles, start, end):
        if step.query is None or is_reached_from(call, end):
            found = _after(found, call, step)
    return found


def _left_one_by_one(
    project: Project, function: FunctionDef, handles: Handles, start: int, end: int
) -> Iterator[tuple[Call, Summary]]:
    known = dict(handles)
    for call in sorted(calls_between(function, start, end), key=lambda one: one.end):
        take_made(project, call, known)
        yield call, _step(project, call, known, waits=False)


class Uses(NamedTuple):
    """What a whole function, behind a `yield` too, does with a session: the first query, what waits, what ends it, and
    whether something out of sight gets it."""

    query: Call | None = None
    waited: Waited | None = None
    ended: bool = False
    handed: bool = False


def uses_in(project: Project, within: Node, handles: Handles, start: int = 0) -> Uses:
    """The same for all of a function or block from `start` on, in whatever order it runs."""
    known = dict(handles)
    query, waited, ended, handed = None, None, False, False
    for call in sorted(within.find(Call, nested=False), key=lambda one: one.end):
        if call.start < start or is_in_handler(call):
            continue
        take_made(project, call, known)
        step = _step(project, call, known)
        query = query or (call if step.query is not None else None)
        waited, ended, handed = waited or step.waited, ended or step.ended, handed or step.handed
    return Uses(query, waited, ended, handed)


def _calls_in_order(function: FunctionDef) -> Iterator[Call]:
    """Up to the `yield`, where a dependency lends what it has; an argument before the call it is given to."""
    yield from sorted(calls_between(function, function.start, end_of_run(function)), key=lambda one: one.end)


def take_made(project: Project, call: Call, known: dict[str, Handle]) -> None:
    """`service = Service(db)`, and `Service(db)` as a receiver."""
    handle = handle_of(project, call, known) if known else None
    if handle is None:
        return
    known[call.text] = handle
    if isinstance(call.parent, Assign) and isinstance(call.parent.target, Name):
        known[call.parent.target.text] = handle


def _step(project: Project, call: Call, known: dict[str, Handle], *, waits: bool = True) -> Summary:
    step = _read(project, call, known, waits)
    return step if isinstance(step, Summary) else _by_way_of(call, _summed_up(project, step))


def _read(project: Project, call: Call, known: dict[str, Handle], waits: bool) -> Step:
    """What a call does with the session, or the function that says it."""
    receiver = call.receiver if known else None
    handle = None if receiver is None else known.get(receiver.text)
    if handle is THE_SESSION or handle == THE_SESSION:
        return _of_session(call)
    is_given = handle is not None or _is_given(call, known)
    if not waits and not is_given:
        return NOTHING
    wait = wait_of(project, call)
    if wait is not None:
        return Summary(waited=Waited(call, call, wait)) if waits else NOTHING
    function = project.called(call)
    if function is None and is_given:
        return Summary(handed=True)
    function = function or started_waiting(project, call)
    if (
        function is None
        or function.name == "__init__"
        or not (call.method == "start_soon" or is_waited_for(call, function))
    ):
        return NOTHING
    own = dict(given_to(function, call, known)) if is_given else {}
    if handle is not None:
        own |= dict(inside(function, handle))
    # Without a session the first wait is all there is to tell.
    matters = bool(own) or (waits and waits_inside(project, function))
    return Called(function, tuple(sorted(own.items())), waits) if matters else NOTHING


def _is_given(call: Call, known: dict[str, Handle]) -> bool:
    """Whether something that holds the session stands among the arguments."""
    return bool(known) and (
        any(one.text in known for one in call.args) or any(pair.value.text in known for pair in call.keywords)
    )


def _by_way_of(call: Call, inner: Summary) -> Summary:
    """What a call does by the function that it calls."""
    if inner.waited is None:
        return inner
    less = inner.waited.wait._replace(confidence=min(inner.waited.wait.confidence, Confidence.MEDIUM))
    return inner._replace(waited=Waited(inner.waited.call, call, less))


def waited_inside(project: Project, call: Call, handles: Handles) -> Waited | None:
    """What a call of a function of the project waits for while the session, as the caller writes it, is as it was: the
    function neither ends its transaction nor hands it on before."""
    step = _step(project, call, dict(handles))
    return None if step.waited is None or step.waited.call is call else step.waited


def ended_inside(project: Project, call: Call, session: str) -> bool:
    """Whether a call hands the session, as the caller writes it, to a function that ends its transaction."""
    known = dict(written_as(session))
    if call.receiver is not None and call.receiver.text == session:
        return False
    if (receiver := call.receiver) is not None and (made := handle_of(project, receiver, known)) is not None:
        known[receiver.text] = made
    return _step(project, call, known, waits=False).ended


def _of_session(call: Call) -> Summary:
    runs = is_awaited(call) or call.method in PLAIN
    if call.method in ENDING:
        return Summary(ended=True)
    if call.method in QUERYING and runs and not is_in_ending_block(call):
        return Summary(query=call, at=call)
    return NOTHING
