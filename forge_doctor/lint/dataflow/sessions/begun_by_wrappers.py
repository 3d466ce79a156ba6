"""Transactions that a query has begun and a decorator begins again, in whose block it runs the function that is called. Looks
at the functions of one file and the decorators of the project."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.code.semantics.inference.decorators import Wrapped, wrapped_by
from forge_doctor.code.semantics.library.kinds import UNKNOWN, Kind, Value
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_functions
from forge_doctor.code.syntax.nodes import Attribute, Call, ClassDef, FunctionDef, Name, With
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.sessions.begun_elsewhere import SESSIONS, Begins, Place, is_conditional
from forge_doctor.lint.dataflow.sessions.transactions import is_awaited


def wrapped_names(file: SourceFile, project: Project) -> frozenset[str]:
    """The functions of the file that a decorator of the project may open or begin something for."""
    decorators = marked_functions(project, Mark.WRAPS)
    if not any(one.encode() in file.words for one in decorators):
        return frozenset()
    functions = project.scopes(file).functions
    return frozenset(one.name for one in functions if one.is_async and one.decorated_by(*decorators))


def begun_by_decorators(file: SourceFile, project: Project) -> Iterator[Begins]:
    """Awaited calls of a function of the file that a decorator of the project has put into a `begin()` block, on the session
    that the function is given, or that its object holds."""
    names = wrapped_names(file, project)
    for call in file.calls(*names) if names else ():
        caller = call.function
        callee = project.called(call) if caller is not None and is_awaited(call) else None
        for wrapped in () if callee is None or callee is caller else wrapped_by(project, callee):
            begin = _begun_around(wrapped)
            if caller is not None and callee is not None and begin is not None and begin.receiver is not None:
                place = _given_to_wrapper(call, callee, wrapped.wrapper, begin.receiver.text)
                confidence = None if place is None else _of_caller(project, call, callee, place)
                if place is not None and confidence is not None:
                    yield Begins(call, caller, begin, place, confidence)


def _begun_around(wrapped: Wrapped) -> Call | None:
    """The first thing that the wrapper does: `async with session.begin():` around its one call."""
    if len(wrapped.calls) != 1 or is_conditional(wrapped.calls[0], wrapped.wrapper):
        return None
    first = wrapped.wrapper.body[0] if wrapped.wrapper.body else None
    block = first if isinstance(first, With) and first.is_async and first.contains(wrapped.calls[0]) else None
    begun = None if block is None else block.items[0].value
    return begun if isinstance(begun, Call) and begun.method == "begin" else None


def _given_to_wrapper(call: Call, callee: FunctionDef, wrapper: FunctionDef, session: str) -> Place | None:
    """How the caller writes the session of the wrapper: its first argument, or an attribute of the object of the method."""
    first = next(iter(wrapper.param_names), "")
    root, _, attribute = session.partition(".")
    if not first or root != first:
        return None
    if not callee.is_method:
        given = call.args[0] if call.args and not attribute else None
        return Place(given.text) if isinstance(given, Name | Attribute) else None
    if not attribute or call.receiver is None:
        return None
    own = call.function.param_names[:1] if call.function is not None and call.function.is_method else ()
    return (
        Place(f"{call.receiver.text}.{attribute}")
        if call.receiver.text in own
        else Place(attribute, call.receiver.text)
    )


def _of_caller(project: Project, call: Call, callee: FunctionDef, place: Place) -> Confidence | None:
    """How sure it is that it is a session."""
    given = call.args[0] if call.args else None
    value = UNKNOWN if given is None or given.text != place.text else project.known(given)
    if callee.is_method and isinstance(callee.owner, ClassDef):
        object_ = Value(Kind.INSTANCE, definition=callee.owner)
        value = project.attribute(object_, place.text.rpartition(".")[2])
    is_sure = value.kind in SESSIONS and value.confidence > Confidence.LOW
    return min(value.confidence, Confidence.MEDIUM) if is_sure else None
