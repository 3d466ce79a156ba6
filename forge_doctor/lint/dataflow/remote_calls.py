"""Calls whose answer another process gives, told by what they are called on: a stub that grpc has generated, a task that a queue
runs, a future that somebody else fills. Looks at no function of the project."""

from __future__ import annotations

from forge_doctor.code.semantics.names.bindings import How
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Await, Call, ClassDef, FunctionDef, Name, Node, Param
from forge_doctor.lint.dataflow.network_calls import given_to

GENERATED = "_pb2_grpc"
QUEUED = frozenset({"delay", "apply_async"})
QUEUES = ("task", "shared_task")
# What others set or fill, by what makes it, with the method that waits for that.
FILLED = {"asyncio.Event": "wait", "asyncio.Condition": "wait"}
MOST_HOPS = 4


def is_remote_procedure(project: Project, call: Call) -> bool:
    """Whether it is `await stub.Method(request)` of a class that grpc has generated: their methods are named like classes."""
    receiver = call.receiver
    if receiver is None or not call.method[:1].isupper() or not isinstance(call.parent, Await):
        return False
    return call.file.mentions(GENERATED.encode()) and _is_stub(project, receiver)


def _is_stub(project: Project, node: Node, hops: int = 0) -> bool:
    if isinstance(node, Call):
        return _is_stub_class(project, node.func)
    annotation = _annotation(project, node)
    if annotation is not None:
        return _is_stub_class(project, annotation)
    given = given_to(project, node) if hops < MOST_HOPS else None
    return given is not None and _is_stub(project, given, hops + 1)


def _annotation(project: Project, node: Node) -> Node | None:
    """The type of a parameter."""
    found = project.scopes(node.file).lookup(node.id, node) if isinstance(node, Name) else None
    bound = found[1][0] if found is not None and len(found[1]) == 1 else None
    is_param = bound is not None and bound.how is How.PARAM and isinstance(bound.node, Param)
    return bound.node.annotation if is_param and bound is not None and isinstance(bound.node, Param) else None


def _is_stub_class(project: Project, node: Node) -> bool:
    value = project.value_of(node)
    made = value.inner.definition
    if isinstance(made, ClassDef):
        return made.name.endswith("Stub") and GENERATED in made.file.path
    module, _, name = project.qualified(node).rpartition(".")
    return module.endswith(GENERATED) and name.endswith("Stub")


def is_result_of_task(project: Project, call: Call) -> bool:
    """Whether it is `task.delay(...).get()`, which blocks until a worker has run the task."""
    receiver = call.receiver
    if call.method != "get" or receiver is None or not may_be_result(call):
        return False
    queued = receiver if isinstance(receiver, Call) else given_to(project, receiver)
    if not isinstance(queued, Call) or queued.method not in QUEUED or queued.receiver is None:
        return False
    task = project.value_of(queued.receiver).definition
    return isinstance(task, FunctionDef) and task.decorated_by(*QUEUES)


def may_be_result(call: Call) -> bool:
    """Cheap: whether a `get` may be one of a task's result."""
    receiver = call.receiver
    if isinstance(receiver, Call):
        return receiver.method in QUEUED
    return isinstance(receiver, Name) and call.file.mentions(*(f".{one}(".encode() for one in QUEUED))


def is_filled_by_others(project: Project, call: Call) -> bool:
    """Whether it is `await asyncio.wait_for(future, ...)` of a future that the code has made itself, or of an event: they are
    set by something else, in its own time."""
    awaited = call.args[0] if call.args and project.qualified(call.func) == "asyncio.wait_for" else None
    if isinstance(awaited, Call):
        made = None if awaited.receiver is None else given_to(project, awaited.receiver)
        return isinstance(made, Call) and FILLED.get(project.qualified(made.func)) == awaited.method
    made = given_to(project, awaited) if isinstance(awaited, Name | Attribute) else None
    return isinstance(made, Call) and made.method == "create_future"
