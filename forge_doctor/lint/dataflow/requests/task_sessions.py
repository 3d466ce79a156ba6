"""Which sessions a coroutine works with that runs beside others: those it is given, holds, is a method of, or finds around itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.library.methods import PLAIN
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Attribute,
    Await,
    Call,
    ClassDef,
    FunctionDef,
    Name,
    Node,
    With,
)
from forge_doctor.code.syntax.stubs import is_declaration
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.connections.handles import injected_handles, session_sources
from forge_doctor.lint.dataflow.connections.holding_classes import session_of_method, session_of_object
from forge_doctor.lint.dataflow.use_def import param_reads, parameter_name

# What is one conversation over one connection.
ONE_CONNECTION = (Kind.ASYNC_SESSION, Kind.ASYNC_CONNECTION, Kind.ASYNCPG_CONNECTION)


class Use(NamedTuple):
    """A session a coroutine works with: `text` is how it is written at the place that starts the coroutine; `takes_turns`
    says that it is SQLAlchemy's connection, whose statements wait for each other."""

    text: str
    node: Node
    confidence: Confidence
    takes_turns: bool = False


def sessions_used(project: Project, coroutine: Node) -> Iterator[Use]:
    """The sessions a coroutine call is given, is a method of, reaches through `self`, or finds around itself."""
    if not isinstance(coroutine, Call):  # what `map` calls
        yield from _captured(project, coroutine)
        yield from _method_of(project, coroutine)
        return
    receiver = coroutine.receiver
    if receiver is not None:
        # `add()` and its like are done before anything runs side by side.
        if coroutine.method in PLAIN.get(project.known(receiver).kind, ()):
            return
        # It sends something only where relationships are to be loaded; the DELETE comes with the flush.
        most = Confidence.MEDIUM if coroutine.method == "delete" else Confidence.HIGH
        yield from (one._replace(confidence=min(one.confidence, most)) for one in _session(project, receiver))
    for argument in (*coroutine.args, *(one.value for one in coroutine.keywords)):
        yield from _session(project, argument)
    yield from _held(project, coroutine)
    yield from _made_with(project, coroutine)
    yield from _given_within(project, coroutine)
    for one in (coroutine.func, *coroutine.args[:1]):
        yield from _captured(project, one)


def _captured(project: Project, func: Node) -> Iterator[Use]:
    """`inner` of a nested `async def inner()` that works with a session of the function around it, itself, by a method of
    an object from there, or by a function that it hands the session to."""
    function = project.value_of(func).definition if isinstance(func, Name) else None
    if not isinstance(function, FunctionDef) or not isinstance(function.owner, FunctionDef):
        return
    for call in function.find(Call):
        receiver = call.receiver
        if receiver is not None and _is_of_owner(project, function, receiver):
            yield from _session(project, receiver)
            if isinstance(call.parent, Await) and not _enters(function, receiver.text):
                yield from _held(project, call)
        for given in (*call.args, *(one.value for one in call.keywords)) if isinstance(call.parent, Await) else ():
            if _is_of_owner(project, function, given) and not _enters(function, given.text):
                uses = (one for one in _session(project, given) if not is_ignored(project, call, one))
                yield from (one._replace(confidence=min(one.confidence, Confidence.MEDIUM)) for one in uses)


def _is_of_owner(project: Project, function: FunctionDef, node: Node) -> bool:
    """Whether it is a name of the function around."""
    found = project.scopes(function.file).lookup(node.text, node) if isinstance(node, Name) else None
    return found is not None and found[0].node is function.owner


def _enters(function: FunctionDef, text: str) -> bool:
    """Whether an `async with` in it enters that object, which may take a connection for each task that does so."""
    entered = (item.value.text for one in function.find(With) if one.is_async for item in one.items)
    return text in entered


def _session(project: Project, node: Node) -> Iterator[Use]:
    if isinstance(node, Name | Attribute):
        value = project.known(node)
        if value.kind in ONE_CONNECTION and value.confidence > Confidence.LOW:
            turns = value.kind is Kind.ASYNC_CONNECTION
            yield Use(text=node.text, node=node, confidence=value.confidence, takes_turns=turns)


def _made_with(project: Project, coroutine: Call) -> Iterator[Use]:
    """`Prices(session).load()`, in one expression or by a name, where the method works with what its object was given;
    `self.prices.load()` of an object whose `__init__` made `self.prices` so."""
    receiver = coroutine.receiver
    made = followed(project, receiver) if isinstance(receiver, Name) else receiver
    if isinstance(receiver, Attribute):
        made = _made_at_init(project, receiver)
    if not isinstance(made, Call) or project.value_of(made.func).kind is not Kind.CLASS:
        return
    if _own_session(project, coroutine) is None:
        return
    for argument in (*made.args, *(one.value for one in made.keywords)):
        for use in _session(project, argument):
            around = made.class_ if isinstance(receiver, Attribute) and isinstance(argument, Name) else None
            text = f"{use.text} of {around.name}()" if around is not None else use.text
            yield use._replace(text=text, confidence=min(use.confidence, Confidence.MEDIUM))


def _given_within(project: Project, coroutine: Call) -> Iterator[Use]:
    """`node.run(context)`, where the function works with `context.session`."""
    function = project.called(coroutine)
    given = [(one, coroutine) for one in coroutine.args] + [(one.value, one) for one in coroutine.keywords]
    if function is None or not function.is_async or function.is_generator:
        return
    for argument, around in given if b".session" in function.file.data or b".db" in function.file.data else ():
        name = parameter_name(function, coroutine, argument, around) if isinstance(argument, Name | Attribute) else ""
        held = _session_within(project, function, name) if name else None
        if held is not None:
            turns = project.value_of(held).kind is Kind.ASYNC_CONNECTION
            text = f"{argument.text}{held.text[len(name) :]}"
            yield Use(text=text, node=argument, confidence=Confidence.MEDIUM, takes_turns=turns)


def _session_within(project: Project, function: FunctionDef, name: str) -> Attribute | None:
    """`context.session`, where a function awaits something of it that it did not enter itself."""
    for call in function.find(Call, nested=False):
        held = call.receiver
        if (
            not isinstance(held, Attribute)
            or not held.text.startswith(f"{name}.")
            or not isinstance(call.parent, Await)
        ):
            continue
        value = project.value_of(held)
        if value.kind not in ONE_CONNECTION or value.confidence is Confidence.LOW or _enters(function, held.text):
            continue
        # What a property gives may be another one for each task.
        class_ = project.value_of(held.value).definition
        if not isinstance(class_, ClassDef) or project.method(class_, held.attr) is None:
            return held
    return None


def _made_at_init(project: Project, attribute: Attribute) -> Node | None:
    """What the `__init__` of its own class gives `self.prices`; None where it is set in more than one place."""
    function, class_ = attribute.function, attribute.class_
    if function is None or class_ is None or attribute.value.text not in function.param_names[:1]:
        return None
    assigns = project.scopes(attribute.file).attribute_assignments.get(attribute.attr, [])
    own = [one for one in assigns if one.class_ is class_]
    is_once = len(own) == 1 and own[0].function is not None and own[0].function.name == "__init__"
    return own[0].value if is_once else None


def _held(project: Project, coroutine: Call) -> Iterator[Use]:
    """`self.load()` where the method works with `self.session`."""
    receiver = coroutine.receiver
    if not isinstance(receiver, Name | Attribute):
        return
    held = _own_session(project, coroutine)
    path = session_of_object(project, coroutine) if held is None else held.attr
    if path:
        turns = held is not None and project.value_of(held).kind is Kind.ASYNC_CONNECTION
        yield Use(text=f"{receiver.text}.{path}", node=receiver, confidence=Confidence.MEDIUM, takes_turns=turns)


def _method_of(project: Project, func: Node) -> Iterator[Use]:
    """`self.load`, of an object whose method works with `self.session`."""
    function = project.value_of(func).definition if isinstance(func, Attribute) else None
    held = _session_of(project, function) if isinstance(function, FunctionDef) else None
    if isinstance(func, Attribute) and held is not None:
        turns = project.value_of(held).kind is Kind.ASYNC_CONNECTION
        text = f"{func.value.text}.{held.attr}"
        yield Use(text=text, node=func.value, confidence=Confidence.MEDIUM, takes_turns=turns)


def session_of_task(project: Project, task: Node) -> Use | None:
    """The session of `store.save`, a method that is handed over, where the object is injected with it or made with it in the
    same function."""
    method = project.value_of(task).definition if isinstance(task, Attribute) else None
    holder, function = (task.value, task.function) if isinstance(task, Attribute) else (None, None)
    if not isinstance(method, FunctionDef) or not isinstance(holder, Name) or function is None:
        return None
    path = session_of_method(project, method)
    made = followed(project, holder) if path else None
    if isinstance(made, Call) and project.value_of(made.func).kind is Kind.CLASS:
        given = (*made.args, *(one.value for one in made.keywords))
        return next((use for one in given for use in _session(project, one)), None)
    param = function.param(holder.text) if path else None
    injected = session_sources(project, function) if param is not None else ()
    if any(holder.text in dict(injected_handles(project, function, one)) for one in injected):
        return Use(text=f"{holder.text}.{path}", node=holder, confidence=Confidence.MEDIUM)
    return None


def _own_session(project: Project, coroutine: Call) -> Attribute | None:
    """The session of its object that a method awaits something of."""
    return _session_of(project, project.called(coroutine))


def _session_of(project: Project, function: FunctionDef | None) -> Attribute | None:
    if function is None or not function.is_method or not isinstance(function.owner, ClassDef):
        return None
    own = function.param_names[:1]
    if function.decorated_by("staticmethod", "classmethod") or not own:
        return None
    for call in function.find(Call):
        held = call.receiver
        if isinstance(held, Attribute) and held.value.text == own[0] and isinstance(call.parent, Await):
            value = project.value_of(held)
            if value.kind in ONE_CONNECTION and value.confidence > Confidence.LOW:
                return held
    return None


def is_bound_within(project: Project, use: Use, around: Node) -> bool:
    """Whether the session is bound inside a loop or comprehension, so that each round has its own."""
    root = use.node
    while isinstance(root, Attribute):
        root = root.value
    if not isinstance(root, Name):
        return False
    found = project.scopes(root.file).lookup(root.text, root)
    return found is not None and all(around.contains(one.node) for one in found[1])


def is_ignored(project: Project, call: Node, use: Use) -> bool:
    """Whether the function that is given the session does nothing with it: one that is still to be written."""
    if not isinstance(call, Call) or use.node.parent is None:
        return False
    task = call.args[0] if call.method in ("add_task", "BackgroundTask", "start_soon") and call.args else None
    function = project.called(call) if task is None else project.value_of(task).definition
    if not isinstance(function, FunctionDef) or [one.text for one in function.body[-1:]] == ["..."]:
        return False
    if function.is_method and is_declaration(function):
        return False
    name = parameter_name(function, call, use.node, use.node.parent)
    if task is not None and use.node in call.args:  # the task itself is the first argument
        place = call.args.index(use.node) - 1 + function.is_method
        name = next(iter(function.param_names[min(place, function.places) :]), "")
    return bool(name) and next(iter(param_reads(project, function, name)), None) is None
