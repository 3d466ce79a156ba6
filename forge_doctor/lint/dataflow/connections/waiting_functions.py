"""Whether a function waits for anything outside of the database, itself or in what it calls, whatever it does with a
session: the cheap question before what is open meanwhile, answered once in a run for each function."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Await, Call, FunctionDef, Name, Node, Yield
from forge_doctor.lint.dataflow.call_settings import UNSET, Settings, may_run, settings_of
from forge_doctor.lint.dataflow.connections.implementations import function_run
from forge_doctor.lint.dataflow.control_flow import group_of, is_in_handler, is_waited_for
from forge_doctor.lint.dataflow.function_summaries import Summaries
from forge_doctor.lint.dataflow.sessions.transactions import calls_between
from forge_doctor.lint.dataflow.waits import wait_of

# Functions between a call and the wait that its options may turn off.
MOST_BETWEEN = 2


class Calls(NamedTuple):
    """What a function calls: nothing of interest where it waits itself."""

    waits: bool
    calls: tuple[FunctionDef, ...] = ()

    def summed_up(self, answer: Callable[[FunctionDef], bool]) -> bool:
        """Whether it waits, those included."""
        return self.waits or any(answer(one) for one in self.calls)


def may_wait(project: Project, call: Call) -> bool:
    """Whether a call waits, or runs a function of the project that does."""
    if wait_of(project, call) is not None:
        return True
    function = run_by(project, call)
    return function is not None and waits_inside(project, function)


def waits_with_options(project: Project, call: Call, around: Settings = UNSET, between: int = 0) -> bool:
    """Whether anything in what is called waits with the options that this call sets, or leaves as they are: `notify(text)`
    does not, which sleeps only `if duration > 0`."""
    if between > MOST_BETWEEN or wait_of(project, call) is not None or in_thread(project, call) is not None:
        return True
    function = run_by(project, call)
    if function is None:
        return False
    settings = settings_of(project, function, call, around)
    inner = calls_between(function, function.start, end_of_run(function))
    waiting = (one for one in inner if may_run(one, settings) and not is_in_handler(one) and may_wait(project, one))
    return any(waits_with_options(project, one, settings, between + 1) for one in waiting)


def waits_inside(project: Project, function: FunctionDef) -> bool:
    """Whether the function waits, up to its `yield`."""
    known: Summaries[FunctionDef, bool] | None = project.kept.get(waits_inside)
    if known is None:
        lasting = project.lasting.setdefault(waits_inside, {})
        known = project.kept[waits_inside] = Summaries(nothing=False, lasting=lasting, named=place_of)
    return known.of(function, partial(_calls_of, project))


def run_by(project: Project, call: Call) -> FunctionDef | None:
    """The function of the project that runs to its end before the caller goes on; none for what makes an object."""
    function = function_run(project, call)
    if function is None:
        return started_by(project, call)
    return None if function.name == "__init__" or not is_waited_for(call, function) else function


def started_by(project: Project, call: Call) -> FunctionDef | None:
    """The function that `group.start_soon(f, x)` runs, where the group waits for it right there."""
    if call.method != "start_soon" or not call.args or group_of(call) is None:
        return None
    function = project.value_of(call.args[0]).definition
    return function if isinstance(function, FunctionDef) else None


def started_waiting(project: Project, call: Call) -> FunctionDef | None:
    """The same, of one that waits."""
    function = started_by(project, call)
    return function if function is not None and waits_inside(project, function) else None


IN_THREADS = frozenset(
    {
        "asyncio.to_thread",
        "anyio.to_thread.run_sync",
        "fastapi.concurrency.run_in_threadpool",
        "starlette.concurrency.run_in_threadpool",
    }
)
THREADS = frozenset(one.rpartition(".")[2] for one in IN_THREADS) | {"run_in_executor"}


def in_thread(project: Project, call: Call) -> FunctionDef | None:
    """The plain function of the project that a thread runs while the caller waits: `await asyncio.to_thread(render, x)`."""
    if call.method not in THREADS or not isinstance(call.parent, Await):
        return None
    place = 1 if call.method == "run_in_executor" else 0
    if not place and project.qualified(call.func) not in IN_THREADS:
        return None
    given = call.args[place] if len(call.args) > place else None
    function = project.value_of(given).definition if isinstance(given, Name | Attribute) else None
    return function if isinstance(function, FunctionDef) and not function.is_async else None


def waiting_in_thread(project: Project, call: Call) -> FunctionDef | None:
    """The same, of one that waits for something itself: that takes longer than a thread does."""
    function = in_thread(project, call)
    return function if function is not None and waits_inside(project, function) else None


def place_of(definition: Node) -> tuple[str, int]:
    """A function or class without its node."""
    return str(definition.file.absolute), definition.start


def end_of_run(function: FunctionDef) -> int:
    """Where a call of it ends: at its `yield`, where a dependency lends what it has."""
    first = next(iter(function.find(Yield, nested=False)), None)
    return function.end if first is None else first.start


def _calls_of(project: Project, function: FunctionDef) -> Calls:
    calls = [one for one in calls_between(function, function.start, end_of_run(function)) if not is_in_handler(one)]
    if any(wait_of(project, one) is not None for one in calls):
        return Calls(waits=True)
    found = (run_by(project, one) for one in calls)
    return Calls(waits=False, calls=tuple(dict.fromkeys(one for one in found if one is not None)))
