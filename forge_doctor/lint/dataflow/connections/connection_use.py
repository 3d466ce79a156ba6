"""What a function does with the connection of a session, as a value: what takes one, what gives it back, what waits first."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import NamedTuple

from forge_doctor.code.syntax.nodes import Call, FunctionDef
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.connections.handles import Handles
from forge_doctor.lint.dataflow.connections.waiting_functions import place_of
from forge_doctor.lint.dataflow.control_flow import is_in_handler, is_left_behind
from forge_doctor.lint.dataflow.waits import Wait


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
        left: list[Call] = []  # what ends the transaction in branches that leave: for what follows there alone
        for call, step in self.steps:
            said = step if isinstance(step, Summary) else by_way_of(call, answer(step))
            if said.waited is not None and any(not is_left_behind(one, call.start) for one in left):
                said = said._replace(waited=None)
            found = after(found, call, said)
            if said.ended and is_left_behind(call):
                left.append(call)
        return found


def after(found: Summary, call: Call, step: Summary, place: int | None = None) -> Summary:
    """What holds behind one more call, at a place where that is known."""
    if step is NOTHING or is_in_handler(call):
        return found
    if found.waited is None and step.waited is not None and not found.ended and not found.handed:
        found = found._replace(waited=step.waited)
    if step.ended and not is_left_behind(call, place):
        found = found._replace(query=None, at=None, ended=True)
    if step.query is not None:
        found = found._replace(query=step.query, at=call)
    return found._replace(handed=found.handed or step.handed)


def by_way_of(call: Call, inner: Summary) -> Summary:
    """What a call does by the function that it calls."""
    if inner.waited is None:
        return inner
    less = inner.waited.wait._replace(confidence=min(inner.waited.wait.confidence, Confidence.MEDIUM))
    return inner._replace(waited=Waited(inner.waited.call, call, less))
