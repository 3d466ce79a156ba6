"""What a call of the project's own functions gives that somebody must await; says nothing of who does."""

from __future__ import annotations

import re
from typing import NamedTuple

from forge_doctor.code.files.contents import ALL_CONTENTS
from forge_doctor.code.semantics.inference.classes import REPLACED
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.inference.usage.session_users import is_port
from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Await, Call, FunctionDef, Name, Node, Param, Return
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_declaration
from forge_doctor.finding import Confidence


class DataAccess(NamedTuple):
    """A coroutine that uses a session: `function` is async, or a plain one that hands such a coroutine on."""

    function: FunctionDef
    confidence: Confidence


def data_access(project: Project, call: Call) -> DataAccess | None:
    """What a call gives, if it is surely (or most likely) such a coroutine; None for anything else.

    A method that is only declared uses a session if another of that name in the project does.
    """
    value = project.value_of(call)
    if value.kind is not Kind.COROUTINE:
        return None
    if value.confidence is Confidence.LOW and (
        project.value_of(call.func).why == REPLACED or not _is_awaited_elsewhere(project, call, value)
    ):
        return None
    called = project.called(call)
    if called is not None and not called.is_async:
        confidence = None if is_declaration(called) else _passed_on(project, called)
        return None if confidence is None else DataAccess(function=called, confidence=min(value.confidence, confidence))
    function = value.definition
    if not isinstance(function, FunctionDef):
        return None
    if project.touches_session(function) or takes_sync_session(project, function):
        return DataAccess(function=function, confidence=max(value.confidence, Confidence.MEDIUM))
    # Sync code that calls one knows of an implementation that is sync as well.
    if is_port(project, function) and call.function is not None and call.function.is_async:
        return DataAccess(function=function, confidence=Confidence.MEDIUM)
    return None


def takes_sync_session(project: Project, function: FunctionDef) -> bool:
    """Whether a parameter is declared to be a Session: that it blocks is another fault, that it never runs is this."""
    declared = (one.annotation for one in function.params if isinstance(one, Param) and one.annotation is not None)
    return any(project.annotated(one, function).kind.is_sync_session for one in declared)


def _is_awaited_elsewhere(project: Project, call: Call, value: Value) -> bool:
    """Whether calls of the same `async def` stand behind `await`, here or where it is defined: who decorated it has
    left it a coroutine."""
    function = value.definition
    if not isinstance(function, FunctionDef):
        return False
    return any(
        project.value_of(one).definition is function
        for file in {call.file, function.file}
        for one in file.calls(function.name)
        if one is not call and isinstance(one.parent, Await)
    )


def _passed_on(project: Project, function: FunctionDef) -> Confidence | None:
    """How sure it is that each `return` of a plain function gives a coroutine that uses a session."""
    sure = [_given(project, one) for one in function.find(Return, nested=False)]
    known = [one for one in sure if one is not None]
    return min(known) if known and len(known) == len(sure) else None


def _given(project: Project, statement: Return) -> Confidence | None:
    call = statement.value
    if not isinstance(call, Call):
        return None
    own = project.coroutine_of(call)
    if own is not None:
        return own.confidence if own.confidence > Confidence.LOW else None
    called = project.called(call)
    if called is None or not called.is_async or called.is_generator or not project.touches_session(called):
        return None
    confidence = project.value_of(call).confidence
    return confidence if confidence > Confidence.LOW else None


def awaited_twin(project: Project, call: Call) -> Call | None:
    """A call that is written the same and given a session as well, but awaited; None where this one is given none."""
    twins = _awaited_calls(call.file, call.method).get(call.func.text, ())  # found by bytes: most calls have none
    if not twins or not _is_given_session(project, call):
        return None
    return next((one for one in twins if _is_given_session(project, one)), None)


def _awaited_calls(file: SourceFile, method: str) -> dict[str, list[Call]]:
    """The calls by a name that are awaited in a file, by how they are written; found once."""
    known: dict[str, dict[str, list[Call]]] = file.kept.setdefault(_awaited_calls, {})
    found = known.get(method)
    if found is None:
        found = known[method] = {}
        for one in file.calls(method, awaited=True):
            if isinstance(one.parent, Await):
                found.setdefault(one.func.text, []).append(one)
    return found


def _is_given_session(project: Project, call: Call) -> bool:
    return any(_is_async_session(project, one) for one in (*call.args, *(one.value for one in call.keywords)))


def _is_async_session(project: Project, node: Node) -> bool:
    value = project.known(node)
    return value.kind.is_async_session and value.confidence > Confidence.LOW


def is_async_everywhere(project: Project, call: Call) -> bool:
    """Whether a call that gives a session by name is of something that the project defines as `async def` alone, each
    with a parameter of that name: then it gives a coroutine, whoever has the method. Of an object in a variable that
    nothing else is known of, a session called like the parameter is enough: `user.reports(session)`."""
    given = [one.name for one in call.keywords if one.name and _is_async_session(project, one.value)]
    if not given and isinstance(call.receiver, Name) and project.value_of(call.receiver).kind is Kind.UNKNOWN:
        given = [one.text for one in call.args if isinstance(one, Name) and _is_async_session(project, one)]
    if given:
        project.reading.rest_on_all(call.file.absolute, ALL_CONTENTS)
    return bool(given) and _takes_by_name(project, call.method, given[0])


@kept_for_the_run
def _takes_by_name(project: Project, name: str, param: str) -> bool:
    head = re.compile(rb"(async[ \t]+)?\bdef[ \t]+" + re.escape(name).encode() + rb"[ \t]*\(([^)]{0,1000})")
    word = re.compile(rb"\b" + re.escape(param).encode() + rb"\s*[:,=)]")
    found = [one for path in project.surfaces for one in head.finditer(project.reading.bytes_of(path) or b"")]
    return bool(found) and all(one[1] is not None and word.search(one[2] + b",") is not None for one in found)
