"""What a stretch of a function, or all of it in whatever order, does with one session; goes into what is called by way of its summary."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Node
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.connections.connection_use import (
    NOTHING,
    Summary,
    Waited,
    after,
)
from forge_doctor.lint.dataflow.connections.handles import Handles
from forge_doctor.lint.dataflow.connections.held_connections import step_of, take_made
from forge_doctor.lint.dataflow.control_flow import ends_of_leaving, is_in_handler, is_reached_from
from forge_doctor.lint.dataflow.sessions.transactions import calls_between


class States(NamedTuple):
    """Where each call ends, what has been done by then (the first before any of them), and the stretches behind what ends a
    transaction in a branch that leaves: what is said holds there for nothing."""

    ends: list[int]
    states: list[Summary]
    left: list[tuple[int, int]]

    def at(self, place: int) -> Summary | None:
        """What holds at a place, where that is known."""
        if any(start <= place <= end for start, end in self.left):
            return None
        return self.states[bisect_right(self.ends, place)]


def state_before(project: Project, function: FunctionDef, handles: Handles, start: int, end: int) -> Summary:
    """What a stretch of a function has done with a session when it ends, without its waits and branches that return."""
    known: dict[tuple[FunctionDef, Handles, int], States] = function.file.kept.setdefault(state_before, {})
    key = (function, handles, start)
    found = known.get(key)
    if found is None:
        found = known[key] = _states_from(project, function, handles, start)
    state = found.at(end)
    if state is not None and (state.at is None or is_reached_from(state.at, end)):
        return state
    return state_between(project, function, handles, start, end)


def _states_from(project: Project, function: FunctionDef, handles: Handles, start: int) -> States:
    found = States([], [NOTHING], [])
    for call, step in _left_one_by_one(project, function, handles, start, function.end):
        found.ends.append(call.end)
        found.states.append(after(found.states[-1], call, step))
        if step.ended:
            found.left.extend((call.end, end) for end in ends_of_leaving(call))
    return found


def state_between(project: Project, function: FunctionDef, handles: Handles, start: int, end: int) -> Summary:
    """The same for a start of which nobody else asks: reads no further than the end."""
    found = NOTHING
    for call, step in _left_one_by_one(project, function, handles, start, end):
        if step.query is None or is_reached_from(call, end):
            found = after(found, call, step, end)
    return found


def _left_one_by_one(
    project: Project, function: FunctionDef, handles: Handles, start: int, end: int
) -> Iterator[tuple[Call, Summary]]:
    known = dict(handles)
    for call in sorted(calls_between(function, start, end), key=lambda one: one.end):
        take_made(project, call, known)
        yield call, step_of(project, call, known, waits=False)


class Uses(NamedTuple):
    """What a whole function, behind a `yield` too, does with a session: the first query, what waits, what ends it, and
    whether something out of sight gets it. `waits_first` says that it waits before anything of that."""

    query: Call | None = None
    waited: Waited | None = None
    ended: bool = False
    handed: bool = False
    waits_first: bool = False


def uses_in(project: Project, within: Node, handles: Handles, start: int = 0) -> Uses:
    """The same for all of a function or block from `start` on, in whatever order it runs."""
    known = dict(handles)
    query, waited, ended, handed, first = None, None, False, False, False
    for call in sorted(within.find(Call, nested=False), key=lambda one: one.end):
        if call.start < start or is_in_handler(call):
            continue
        take_made(project, call, known)
        step = step_of(project, call, known)
        is_sure = step.waited is not None and step.waited.wait.confidence > Confidence.LOW
        first = first or (is_sure and not ended and not handed)
        query = query or (call if step.query is not None else None)
        waited, ended, handed = waited or step.waited, ended or step.ended, handed or step.handed
    return Uses(query, waited, ended, handed, first)
