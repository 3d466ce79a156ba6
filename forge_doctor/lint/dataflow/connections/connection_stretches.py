"""What a stretch of a function, or all of it in whatever order, does with one session; goes into what is called by way of its summary."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Node
from forge_doctor.lint.dataflow.connections.connection_use import (
    NOTHING,
    Summary,
    Waited,
    after,
)
from forge_doctor.lint.dataflow.connections.handles import Handles
from forge_doctor.lint.dataflow.connections.held_connections import step_of, take_made
from forge_doctor.lint.dataflow.control_flow import is_in_handler, is_reached_from
from forge_doctor.lint.dataflow.sessions.transactions import calls_between

States = tuple[list[int], list[Summary]]


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
        states.append(after(states[-1], call, step))
    return ends, states


def state_between(project: Project, function: FunctionDef, handles: Handles, start: int, end: int) -> Summary:
    """The same for a start of which nobody else asks: reads no further than the end."""
    found = NOTHING
    for call, step in _left_one_by_one(project, function, handles, start, end):
        if step.query is None or is_reached_from(call, end):
            found = after(found, call, step)
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
        step = step_of(project, call, known)
        query = query or (call if step.query is not None else None)
        waited, ended, handed = waited or step.waited, ended or step.ended, handed or step.handed
    return Uses(query, waited, ended, handed)
