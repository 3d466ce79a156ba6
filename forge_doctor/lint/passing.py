"""What a call of the project's own functions gives that somebody must await; says nothing of who does."""

from __future__ import annotations

from typing import NamedTuple

from forge_doctor.finding import Confidence
from forge_doctor.lint.doubles import is_declaration
from forge_doctor.lint.kinds import Kind
from forge_doctor.lint.nodes import Call, FunctionDef, Return
from forge_doctor.lint.project import Project


class DataAccess(NamedTuple):
    """A coroutine that uses a session: `function` is async, or a plain one that hands such a coroutine on."""

    function: FunctionDef
    confidence: Confidence


def data_access(project: Project, call: Call) -> DataAccess | None:
    """What a call gives, if it is surely (or most likely) such a coroutine; None for anything else."""
    value = project.value_of(call)
    if value.kind is not Kind.COROUTINE or value.confidence is Confidence.LOW:
        return None
    called = project.called(call)
    if called is not None and not called.is_async:
        confidence = _passed_on(project, called)
        return None if confidence is None else _unless_declared(called, min(value.confidence, confidence))
    function = value.definition
    if not isinstance(function, FunctionDef) or not project.touches_session(function):
        return None
    return _unless_declared(function, value.confidence)


def _unless_declared(function: FunctionDef, confidence: Confidence) -> DataAccess | None:
    return None if is_declaration(function) else DataAccess(function=function, confidence=confidence)


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
