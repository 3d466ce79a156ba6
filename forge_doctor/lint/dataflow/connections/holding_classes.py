"""Which objects a function has that hold a session, told by their classes: `self`, parameters and their attributes; what
is made in the function itself is told by what it is made with."""

from __future__ import annotations

from collections.abc import Container, Iterator

from forge_doctor.code.semantics.inference.functions import param_value
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, ClassDef, FunctionDef, Name, Param
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.connections.connection_stretches import uses_in
from forge_doctor.lint.dataflow.connections.handles import (
    MAX_DEPTH,
    THE_SESSION,
    Handle,
    Handles,
    inside,
    kept_by,
)
from forge_doctor.lint.dataflow.sessions.commits_at_exit import SESSIONS


def sessions_given(project: Project, function: FunctionDef, kinds: Container[Kind]) -> tuple[Handles, ...]:
    """The parameters that are sessions or connections, of these kinds."""
    params = [(one.name, one) for one in function.params if isinstance(one, Param) and not one.is_spread]
    # Of no type: a decorator may hand over what it opens.
    bare = [(one.text, one) for one in function.params if isinstance(one, Name)] if function.decorators else []
    values = ((name, param_value(project, one)) for name, one in (*params, *bare))
    held = (name for name, value in values if value.kind in kinds and value.confidence > Confidence.LOW)
    return tuple(((name, THE_SESSION),) for name in held)


def objects_given(project: Project, function: FunctionDef, among: frozenset[str] | None = None) -> tuple[Handles, ...]:
    """The ways by which a function reaches a session inside of objects it is given, each with every name for it; `among`
    names the parameters that are of interest."""
    return tuple(_objects_given(project, function, among))


def _objects_given(project: Project, function: FunctionDef, among: frozenset[str] | None) -> Iterator[Handles]:
    own = function.param_names[0] if function.is_method and function.param_names else ""
    if own and (among is None or own in among) and isinstance(function.owner, ClassDef) and function.name != "__init__":
        held = held_by(project, function.owner)
        if held is not None:
            yield tuple(sorted((*inside(function, held), (own, held))))
    for param in function.params:
        if not isinstance(param, Param) or param.is_spread or param.name == own:
            continue
        if among is not None and param.name not in among:
            continue
        value = param_value(project, param)
        class_ = value.definition if value.kind is Kind.INSTANCE else None
        held = held_by(project, class_) if isinstance(class_, ClassDef) else None
        if held is not None:
            yield tuple(sorted((*_below(param.name, held), (param.name, held))))


def _below(name: str, held: Handle) -> Iterator[tuple[str, Handle]]:
    for attribute, inner in held.attributes:
        yield f"{name}.{attribute}", inner


def held_by(project: Project, class_: ClassDef, depth: int = 0) -> Handle | None:
    """What objects of a class hold of a session: the attributes that its `__init__` sets, or those of its bases; found
    once for each depth, at which objects that hold each other end."""
    known: dict[tuple[ClassDef, int], Handle | None] = class_.file.kept.setdefault(held_by, {})
    key = (class_, depth)
    if key not in known:
        attributes = dict(_held(project, class_, depth)) if depth < MAX_DEPTH else {}
        known[key] = Handle(tuple(sorted(attributes.items()))) if attributes else None
    return known[key]


def _held(project: Project, class_: ClassDef, depth: int) -> Iterator[tuple[str, Handle]]:
    for base in reversed(project.bases(class_)):
        definition = base.inner.definition
        init = None if not isinstance(definition, ClassDef) else _own_init(definition)
        own = () if init is None else init.param_names[:1]
        for assign in () if init is None else init.find(Assign, nested=False):
            target = assign.target
            if not isinstance(target, Attribute) or target.value.text not in own or assign.value is None:
                continue
            value = project.known(assign.value)
            if value.kind in SESSIONS and value.confidence > Confidence.LOW:
                yield target.attr, THE_SESSION
            elif value.kind is Kind.INSTANCE and isinstance(value.definition, ClassDef):
                held = held_by(project, value.definition, depth + 1)
                if held is not None:
                    yield target.attr, held


def held_beside(project: Project, function: FunctionDef, session: str) -> Handles:
    """By which names a method reaches the session that it writes as `self.session`, where `__init__` was given it: in that
    attribute, and in the objects that are made with it there."""
    owner = function.owner if function.is_method else None
    init = project.method(owner, "__init__") if isinstance(owner, ClassDef) else None
    own, _, attribute = session.partition(".")
    if init is None or own not in function.param_names[:1]:
        return ()
    for name in init.param_names[1:]:
        kept = dict(kept_by(project, init, {name: THE_SESSION}))
        if kept.get(attribute) == THE_SESSION:
            return tuple(sorted((f"{own}.{one}", handle) for one, handle in kept.items()))
    return ()


def _own_init(class_: ClassDef) -> FunctionDef | None:
    return next((one for one in class_.body if isinstance(one, FunctionDef) and one.name == "__init__"), None)


def session_of_object(project: Project, call: Call) -> str:
    """Where the object of a called method has the session that the method works with, in whatever depth (`users.session`);
    empty where it works with none."""
    return session_of_method(project, project.called(call))


def session_of_method(project: Project, function: FunctionDef | None) -> str:
    """The same of a method."""
    if function is None or not function.is_method or not isinstance(function.owner, ClassDef):
        return ""
    held = held_by(project, function.owner)
    if held is None or uses_in(project, function, inside(function, held)).query is None:
        return ""
    return ".".join(path_to_session(held))


def path_to_session(held: Handle) -> Iterator[str]:
    """The attributes that lead to the session that an object holds."""
    for name, inner in held.attributes[:1]:
        yield name
        yield from path_to_session(inner)
