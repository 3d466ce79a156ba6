"""Transactions that one function of a project has begun by a query and another one begins again: both are called by a third
with the same session. Knows no call that it cannot resolve."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_functions
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Attribute, Await, Call, FunctionDef, Name, Node, Try, With, WithItem
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.sessions.transactions import (
    ENDING,
    READING,
    calls_between,
    calls_of,
    is_awaited,
    is_handed,
    opened_by,
)
from forge_doctor.lint.dataflow.use_def import parameter_name

SESSIONS = frozenset({Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED})
OPEN, NONE, UNSURE = "open", "none", "unsure"


class Place(NamedTuple):
    """A session as a function writes it: by a name or as an attribute of its object, or of an object it holds (`of`)."""

    text: str
    of: str = ""


class Begins(NamedTuple):
    """A call that runs `begin`, where that stands, and how the caller writes the session."""

    call: Call
    caller: FunctionDef
    begin: Call
    place: Place
    confidence: Confidence


@kept_for_the_run
def beginning_names(project: Project) -> frozenset[str]:
    """The names of async functions with a `begin()` behind their head."""
    return marked_functions(project, Mark.BEGINS)


def begun_elsewhere(file: SourceFile, project: Project) -> Iterator[Begins]:
    """Awaited calls of a function that begins a transaction before anything else on its session."""
    names = [one for one in beginning_names(project) if one.encode() in file.words]
    for call in file.calls(*names) if names else ():
        caller = call.function
        callee = project.called(call) if caller is not None and is_awaited(call) else None
        if caller is None or callee is None or not callee.is_async or callee is caller:
            continue
        for begin in calls_of(callee):
            place = session_of(call, callee, begin) if begin.method == "begin" else None
            confidence = None if place is None else begins_with(project, call, callee, begin, place)
            if place is not None and confidence is not None:
                yield Begins(call, caller, begin, place, confidence)


def session_of(call: Call, callee: FunctionDef, begin: Call) -> Place | None:
    """How the caller writes the session that the callee begins on."""
    session = begin.receiver
    return None if session is None else seen_by_caller(call, callee, session.text)


def seen_by_caller(call: Call, callee: FunctionDef, session: str) -> Place | None:
    """A session of a function in the words of who calls it."""
    if session in callee.param_names:
        given = callee.argument(call, session)
        return Place(given.text) if isinstance(given, Name | Attribute) else None
    own = callee.param_names[:1] if callee.is_method else ()
    if not own or not session.startswith(f"{own[0]}.") or call.receiver is None:
        return None
    rest = session.removeprefix(f"{own[0]}.")
    return Place(session) if call.receiver.text == own[0] else Place(rest, of=call.receiver.text)


def begins_with(project: Project, call: Call, callee: FunctionDef, begin: Call, place: Place) -> Confidence | None:
    """How sure it is that the callee begins a session's transaction before anything else; None where it may not."""
    session = begin.receiver
    if session is None or not isinstance(begin.parent, Await | WithItem) or is_conditional(begin, callee):
        return None
    if b"in_transaction" in callee.file.data[callee.start : callee.end]:
        return None
    before = calls_between(callee, callee.start, begin.start)
    if any(one.is_on(session.text) for one in before):
        return None
    if is_handed(callee, session.text, callee.body_start, begin.start):
        return None
    values = [project.known(session)]
    if not place.of:
        given = next(
            (one for one in (*call.args, *(one.value for one in call.keywords)) if one.text == place.text), None
        )
        values += [] if given is None else [project.known(given)]
    sure = [one.confidence for one in values if one.kind in SESSIONS]
    return min(max(sure), Confidence.MEDIUM) if sure and max(sure) > Confidence.LOW else None


def is_conditional(node: Node, function: FunctionDef) -> bool:
    """Whether it stands in anything of the function that may be passed over."""
    for around in node.ancestors:
        if around is function:
            return False
        statement = type(around).__name__
        if statement in (
            "If",
            "For",
            "While",
            "Except",
            "IfExp",
            "BoolOp",
            "Match",
            "Lambda",
            "Comprehension",
            "FunctionDef",
        ):
            return True
    return True


def queried_before(project: Project, caller: FunctionDef, call: Call, place: Place) -> Call | None:
    """What has surely begun the transaction in the caller and left it open."""
    for one in reversed(list(calls_between(caller, caller.start, call.start))):
        state = state_after(project, one, place)
        if state is NONE:
            continue
        within = opened_by(one.receiver) if isinstance(one.receiver, Name) else None
        fits = state is OPEN and always_before(one, call) and (within is None or within.contains(call))
        return one if fits and not is_in_block_that_ended(one, call) else None
    return None


def is_in_block_that_ended(first: Call, call: Call) -> bool:
    """Whether a `with` around the first, such as a transaction's, has ended before the other."""
    return any(isinstance(one, With) and not one.contains(call) for one in first.ancestors) or any(
        isinstance(one, Try) and not one.contains(call) for one in first.ancestors
    )


def state_after(project: Project, call: Call, place: Place) -> str:
    """What a call of the caller leaves behind on the session."""
    receiver = "" if call.receiver is None else call.receiver.text
    if not place.of and receiver == place.text:
        if call.method in READING and is_awaited(call):
            return OPEN
        return UNSURE if call.method in ENDING or call.method.startswith("begin") else NONE
    given = not place.of and any(one.text == place.text for one in (*call.args, *(one.value for one in call.keywords)))
    same = (
        receiver == place.of
        if place.of
        else given or (receiver in ("self", "cls") and place.text.startswith(f"{receiver}."))
    )
    if not same:
        return UNSURE if re.search(r"\b(?:commit|rollback|close|flush|begin)\w*$", call.method) else NONE
    inner = project.called(call) if is_awaited(call) else None
    return UNSURE if inner is None else left_by(inner, inside(call, inner, place))


def inside(call: Call, inner: FunctionDef, place: Place) -> str:
    """How a called function writes the session."""
    own = inner.param_names[:1] if inner.is_method else ()
    if place.of:
        return f"{own[0]}.{place.text}" if own else ""
    for argument in call.args:
        if argument.text == place.text:
            return parameter_name(inner, call, argument, call)
    named = next((one.name for one in call.keywords if one.value.text == place.text), "")
    return named or (place.text if own and place.text.startswith(f"{own[0]}.") else "")


def left_by(function: FunctionDef, session: str) -> str:
    """What a function leaves behind on a session that it writes so."""
    if not session or is_handed(function, session, function.body_start, function.end):
        return UNSURE
    own = [one for one in calls_of(function) if one.is_on(session)]
    if any(one.method in ENDING or one.method.startswith("begin") for one in own):
        return UNSURE
    reads = [one for one in own if one.method in READING and is_awaited(one)]
    return OPEN if any(not is_conditional(one, function) for one in reads) else UNSURE if own else NONE
