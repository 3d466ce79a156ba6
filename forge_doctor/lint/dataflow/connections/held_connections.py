"""What a function does with one session: what leaves it with a connection, what gives that back, what waits meanwhile.

Reads a function from top to bottom and goes into what it calls, once for each way a function reaches the session.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, FunctionDef, Name
from forge_doctor.lint.dataflow.connections.connection_use import (
    NAME,
    NOTHING,
    Called,
    Step,
    Steps,
    Summary,
    Waited,
    by_way_of,
)
from forge_doctor.lint.dataflow.connections.handles import (
    THE_SESSION,
    Handle,
    Handles,
    given_to,
    handle_at,
    handle_of,
    inside,
    reached,
)
from forge_doctor.lint.dataflow.connections.implementations import function_run
from forge_doctor.lint.dataflow.connections.waiting_functions import (
    end_of_run,
    started_waiting,
    waiting_in_thread,
    waits_inside,
)
from forge_doctor.lint.dataflow.control_flow import is_in_handler, is_waited_for
from forge_doctor.lint.dataflow.function_summaries import Summaries
from forge_doctor.lint.dataflow.sessions.begun_elsewhere import is_conditional
from forge_doctor.lint.dataflow.sessions.transactions import (
    ENDING,
    READING,
    calls_between,
    is_awaited,
    is_in_ending_block,
)
from forge_doctor.lint.dataflow.waits import wait_of

MOST_HOPS = 4
QUERYING = READING | {"flush", "connection", "query"}
PLAIN = ("scalar", "scalars", "execute", "get", "get_one", "refresh", "flush", "query", "exec")


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


def step_of(project: Project, call: Call, known: dict[str, Handle], *, waits: bool = True) -> Summary:
    """What one call does with the session that is reached by these names, itself or in what it calls."""
    step = _read(project, call, known, waits)
    return step if isinstance(step, Summary) else by_way_of(call, _summed_up(project, step))


def _read(project: Project, call: Call, known: dict[str, Handle], waits: bool) -> Step:
    """What a call does with the session, or the function that says it."""
    receiver = call.receiver if known else None
    handle = None if receiver is None else handle_at(known, receiver)
    if handle is THE_SESSION or handle == THE_SESSION:
        return _of_session(call)
    is_given = handle is not None or _is_given(call, known)
    if not waits and not is_given:
        return NOTHING
    in_thread = waiting_in_thread(project, call) if waits and not is_given else None
    if in_thread is not None:
        return Called(in_thread, (), waits)
    wait = wait_of(project, call)
    if wait is not None:
        return Summary(waited=Waited(call, call, wait)) if waits else NOTHING
    function = function_run(project, call)
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
    given = (*call.args, *(pair.value for pair in call.keywords)) if known else ()
    return any(one.text in known or (isinstance(one, Attribute) and handle_at(known, one)) for one in given)


def waited_inside(project: Project, call: Call, handles: Handles) -> Waited | None:
    """What a call of a function of the project waits for while the session, as the caller writes it, is as it was: the
    function neither ends its transaction nor hands it on before."""
    step = step_of(project, call, dict(handles))
    return None if step.waited is None or step.waited.call is call else step.waited


def ended_inside(project: Project, call: Call, known: dict[str, Handle]) -> Summary | None:
    """What a call does that hands the session, as the caller reaches it, to a function which surely ends its transaction, on
    no condition: `query` is what uses it there once more; None for any other call."""
    if not known or (call.receiver is not None and handle_at(known, call.receiver) == THE_SESSION):
        return None
    if isinstance(call.receiver, Call):
        take_made(project, call.receiver, known)
    step = step_of(project, call, known, waits=False)
    return step if step.ended and _surely_ends(project, call, known) else None


def _surely_ends(project: Project, call: Call, known: dict[str, Handle], depth: int = 0) -> bool:
    """Whether the function that a call runs comes to the end of the transaction whatever it is given."""
    function = function_run(project, call) if depth < MOST_HOPS else None
    if function is None:
        return False
    own = reached(call, function, known)
    for inner in _calls_in_order(function):
        take_made(project, inner, own)
        if is_conditional(inner, function):
            continue
        if inner.receiver is not None and handle_at(own, inner.receiver) == THE_SESSION:
            if inner.method in ENDING and (is_awaited(inner) or not function.is_async):
                return True
        elif step_of(project, inner, own, waits=False).ended and _surely_ends(project, inner, own, depth + 1):
            return True
    return False


def _of_session(call: Call) -> Summary:
    runs = is_awaited(call) or call.method in PLAIN
    if call.method in ENDING:
        return Summary(ended=True)
    if call.method in QUERYING and runs and not is_in_ending_block(call):
        return Summary(query=call, at=call)
    return NOTHING
