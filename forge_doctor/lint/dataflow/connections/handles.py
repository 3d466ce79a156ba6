"""Under which names a function reaches one session: itself, or inside objects that were made with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    ClassDef,
    FunctionDef,
    Name,
    Node,
    Return,
    Yield,
)
from forge_doctor.lint.dataflow.frameworks.injection import injections, run_before, session_source
from forge_doctor.lint.dataflow.sessions.commits_at_exit import SESSIONS
from forge_doctor.lint.dataflow.sessions.transactions import stacked_in
from forge_doctor.lint.dataflow.use_def import parameter_name

MAX_DEPTH = 4


class Handle(NamedTuple):
    """A session, or (with `attributes`) an object that holds it under these names."""

    attributes: tuple[tuple[str, Handle], ...] = ()


THE_SESSION = Handle()
# By the text the function writes for it, in order.
Handles = tuple[tuple[str, Handle], ...]


def written_as(session: str) -> Handles:
    """By which names a function reaches a session that it writes like this: `db`, `self.db`."""
    root, _, attribute = session.partition(".")
    own = ((session, THE_SESSION),)
    return (*own, (root, Handle(((attribute, THE_SESSION),)))) if attribute else own


def gives_session(project: Project, provider: FunctionDef) -> bool:
    """Whether a dependency gives a session."""
    return project.provided(Value(Kind.FUNCTION, definition=provider)).kind in SESSIONS


def session_sources(project: Project, function: FunctionDef) -> tuple[FunctionDef, ...]:
    """The dependencies that make the sessions a function is injected with, itself or in objects."""
    providers = (one.provider for one in run_before(project, function))
    found = (one for one in providers if one is not None and gives_session(project, one))
    return tuple(dict.fromkeys(found))


def injected_handles(project: Project, function: FunctionDef, source: FunctionDef, depth: int = 0) -> Handles:
    """The parameters by which a function is injected with the session of one dependency."""
    found: dict[str, Handle] = {}
    for one in injections(project, function) if depth < MAX_DEPTH else ():
        if one.name and one.provider is not None:
            if session_source(project, function, one.name) is source:
                found[one.name] = THE_SESSION
            elif (handle := _provided(project, one.provider, source, depth + 1)) is not None:
                found[one.name] = handle
    return tuple(sorted(found.items()))


def _provided(project: Project, provider: FunctionDef, source: FunctionDef, depth: int) -> Handle | None:
    """The object that a dependency makes of the session."""
    own = dict(injected_handles(project, provider, source, depth))
    if not own:
        return None
    if provider.name == "__init__" and isinstance(provider.owner, ClassDef):
        return _holding(dict(kept_by(project, provider, own, depth)))
    given = [one.value for one in provider.find(Return, nested=False)]
    given += [one.value for one in provider.find(Yield, nested=False)]
    handles = [handle_of(project, value, own, depth) for value in given if value is not None]
    return handles[0] if len(handles) == 1 else None


def handle_of(project: Project, node: Node, known: Mapping[str, Handle], depth: int = 0) -> Handle | None:
    """How an expression holds the session: a name that does, or an object that is made with it."""
    if isinstance(node, Await):
        node = node.value
    if (found := known.get(node.text)) is not None:
        return found
    if not isinstance(node, Call) or depth > MAX_DEPTH or not is_given_one(node, known):
        return None
    func = project.value_of(node.func)
    class_ = func.inner.definition if func.kind is Kind.CLASS else None
    return made_with(project, class_, node, known, depth + 1) if isinstance(class_, ClassDef) else None


def handle_at(known: Mapping[str, Handle], node: Node) -> Handle | None:
    """What is held under a name, or further inside of what is: `users.session` where `users` is known to hold it."""
    found = known.get(node.text)
    if found is None and isinstance(node, Attribute):
        around = handle_at(known, node.value)
        found = None if around is None else dict(around.attributes).get(node.attr)
    return found


def is_given_one(call: Call, known: Mapping[str, Handle]) -> bool:
    """Whether a call has something among its arguments that holds the session, itself or made there."""
    given = (*call.args, *(one.value for one in call.keywords))
    return any(one.text in known or (isinstance(one, Call) and is_given_one(one, known)) for one in given)


def made_with(project: Project, class_: ClassDef, call: Call, known: Mapping[str, Handle], depth: int) -> Handle | None:
    """An object of a class that is given the session when it is made, itself or in what is made right there:
    `Service(Repository(session))`."""
    given = (*call.args, *(one.value for one in call.keywords))
    made = ((one.text, handle_of(project, one, known, depth)) for one in given if isinstance(one, Call))
    known = {**known, **{text: handle for text, handle in made if handle is not None}}
    init = project.method(class_, "__init__")
    if init is None:  # a dataclass, maybe
        named = {one.name: known[one.value.text] for one in call.keywords if one.name and one.value.text in known}
        return _holding(named)
    own = dict(given_to(init, call, known))
    return _holding(dict(kept_by(project, init, own, depth))) if own else None


def with_made(project: Project, function: FunctionDef, handles: Handles, end: int) -> Handles:
    """The same with what the function makes of them up to a place: `service = Service(session)`."""
    known = dict(handles)
    for assign in sorted(function.find(Assign, nested=False), key=lambda one: one.start) if known else ():
        if isinstance(assign.target, Name) and assign.value is not None and assign.end <= end:
            handle = handle_of(project, assign.value, known)
            if handle is not None:
                known[assign.target.text] = handle
    return tuple(sorted(known.items()))


def given_to(function: FunctionDef, call: Call, known: Mapping[str, Handle]) -> Iterator[tuple[str, Handle]]:
    """The parameters of a function through which a call hands the session over."""
    for argument in call.args:
        handle = handle_at(known, argument)
        if handle is not None and (name := parameter_name(function, call, argument, call)):
            yield name, handle
    for keyword in call.keywords:
        handle = handle_at(known, keyword.value)
        if handle is not None and keyword.name in function.param_names:
            yield keyword.name, handle


def kept_by(
    project: Project, init: FunctionDef, known: Mapping[str, Handle], depth: int = 0
) -> Iterator[tuple[str, Handle]]:
    """What `__init__` keeps of it in attributes."""
    for call in init.find(Call, nested=False):
        if call.func.text == "super().__init__" and isinstance(init.owner, ClassDef) and depth < MAX_DEPTH:
            above = _inherited_init(project, init.owner)
            own = {} if above is None else dict(given_to(above, call, known))
            if above is not None and own:
                yield from kept_by(project, above, own, depth + 1)
    for assign in init.find(Assign, nested=False):
        target, value = assign.target, assign.value
        if isinstance(target, Attribute) and target.value.text in init.param_names[:1] and value is not None:
            handle = handle_of(project, value, known, depth)
            if handle is not None:
                yield target.attr, handle


def _inherited_init(project: Project, class_: ClassDef) -> FunctionDef | None:
    for base in project.bases(class_)[1:]:
        definition = base.inner.definition
        found = project.method(definition, "__init__") if isinstance(definition, ClassDef) else None
        if found is not None:
            return found
    return None


def _holding(attributes: Mapping[str, Handle]) -> Handle | None:
    return Handle(tuple(sorted(attributes.items()))) if attributes else None


def inside(method: FunctionDef, handle: Handle) -> Handles:
    """How a method writes what its object holds."""
    own = method.param_names[:1]
    return tuple((f"{own[0]}.{name}", one) for name, one in handle.attributes) if own else ()


def reached(call: Call, callee: FunctionDef, known: Mapping[str, Handle]) -> dict[str, Handle]:
    """How a called function reaches what the caller knows: by its parameters and by its object."""
    held = None if call.receiver is None else handle_at(known, call.receiver)
    return dict(given_to(callee, call, known)) | (dict(inside(callee, held)) if held is not None else {})


class Entered(NamedTuple):
    """What a block holds open: the expression that opens it, and where that stands in the text."""

    value: Node
    start: int
    end: int

    @property
    def line(self) -> int:
        """The line that it begins in."""
        return self.value.line


def entered_around(project: Project, place: Node) -> Iterator[tuple[str, Entered]]:
    """The sessions that `with` blocks of the same function hold open around a place, the nearest first; what an exit stack
    holds as well."""
    stacked = () if place.function is None else stacked_in(place.function)
    for around in place.ancestors:
        if isinstance(around, FunctionDef):
            return
        for name, one in stacked:
            if one.block is around and one.opener.end <= place.start and is_session(project, one.opener):
                yield name, Entered(one.opener, one.opener.start, one.opener.end)
        items = getattr(around, "items", ()) if around.raw.type == "with_statement" else ()
        for item in items:
            if isinstance(item.target, Name) and is_session(project, item.value):
                yield item.target.text, Entered(item.value, item.start, item.end)


def is_session(project: Project, opener: Node) -> bool:
    """Whether what is entered is a session."""
    return project.entered(project.value_of(opener)).kind in SESSIONS
