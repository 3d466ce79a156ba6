"""Whether a function of the project has to do with a session: of its own, of what it is given, or of what it awaits."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.code.semantics.inference.interface import Knowledge
from forge_doctor.code.semantics.library.kinds import DRIVER_KINDS, UNKNOWN, Kind, Value
from forge_doctor.code.semantics.library.methods import COROUTINES
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    ClassDef,
    FunctionDef,
    Name,
    Node,
    Param,
    With,
)
from forge_doctor.code.syntax.stubs import is_declaration
from forge_doctor.finding import Confidence

HOLDERS = DRIVER_KINDS | {
    Kind.ASYNC_SESSION,
    Kind.ASYNC_SCOPED,
    Kind.ASYNC_CONNECTION,
    Kind.ASYNC_FACTORY,
    Kind.ASYNC_ENGINE,
}

# Calls that make one, or give one once they are awaited.
MAKING = frozenset({"create_async_engine", "async_engine_from_config", "async_sessionmaker", "create_pool", "connect"})
METHODS = frozenset(name for kind in HOLDERS for name in COROUTINES.get(kind, ()))


MOST_FUNCTIONS = 50  # that are read to answer for one


def touches_session(knows: Knowledge, function: FunctionDef) -> bool:
    """Whether it has to do with one itself, or awaits a function of the project that does, at whatever depth; of a method
    that is only declared it is enough that another of its name does."""
    known, waiting = {function}, [function]
    while waiting and len(known) <= MOST_FUNCTIONS:
        one = waiting.pop(0)
        if _touches_itself(knows, one) or (one is not function and is_port(knows, one)):
            return True
        waiting += dict.fromkeys(called for called in _awaited(knows, one) if called not in known)
        known.update(waiting)
    return False


def is_port(knows: Knowledge, function: FunctionDef) -> bool:
    """Whether it is a method that is only declared, once, and one of its name in the project may use a session."""
    if not function.is_method or not is_declaration(function) or function.decorated_by("overload"):
        return False
    return function.name in knows.data_access_names


def _touches_itself(knows: Knowledge, function: FunctionDef) -> bool:
    """Whether it takes one or an object that holds one, calls a session's coroutine method on one, hands one on, makes one,
    or enters one."""
    for param in function.params:
        if isinstance(param, Param) and param.annotation is not None:
            value = knows.annotated(param.annotation, function)
            if value.confidence > Confidence.LOW and (value.kind in HOLDERS or _holds(knows, value)):
                return True
    for call in function.find(Call):
        if call.method in METHODS and call.receiver is not None and _is_holder(knows, call.receiver):
            return True
        if any(isinstance(one, Attribute) and _is_holder(knows, one) for one in call.args):
            return True
        if call.method in MAKING and _makes(knows, call):
            return True
    return _enters(knows, function)


def _makes(knows: Knowledge, call: Call) -> bool:
    value = knows.value_of(call)
    made = value.inner if value.kind in (Kind.COROUTINE, Kind.STARTABLE) else value
    return made.kind in HOLDERS and value.confidence > Confidence.LOW and value.definition is None


def _enters(knows: Knowledge, function: FunctionDef) -> bool:
    return any(
        knows.entered(knows.value_of(item.value)).kind in HOLDERS
        for statement in function.find(With)
        if statement.is_async
        for item in statement.items
    )


def _awaited(knows: Knowledge, function: FunctionDef) -> Iterator[FunctionDef]:
    """The functions of the project whose coroutines it awaits."""
    for one in function.find(Await):
        value = knows.value_of(one.value)
        sure = value.kind is Kind.COROUTINE and value.confidence > Confidence.LOW
        if sure and isinstance(value.definition, FunctionDef):
            yield value.definition


def _holds(knows: Knowledge, instance: Value) -> bool:
    """Whether a class of the project, or one of its bases, keeps a session in an attribute or gives one as a property;
    worked out once for each class."""
    class_ = instance.definition
    if not isinstance(class_, ClassDef):
        return False
    known: dict[tuple[ClassDef, str], bool] = class_.file.kept.setdefault(_holds, {})
    key = (class_, instance.name)
    if key not in known:
        known[key] = _keeps_one(knows, instance, class_)
    return known[key]


def _keeps_one(knows: Knowledge, instance: Value, class_: ClassDef) -> bool:
    return any(
        knows.attribute(instance, name).kind in HOLDERS
        for base in knows.bases(class_)
        if isinstance(base.inner.definition, ClassDef)
        for name in sorted(_attribute_names(base.inner.definition))
    )


def _attribute_names(class_: ClassDef) -> Iterator[str]:
    """What the class body and its methods set, and its properties."""
    for assign in class_.find(Assign):
        for target in assign.targets:
            if isinstance(target, Name):
                yield target.text
            elif isinstance(target, Attribute) and target.value.text == "self":
                yield target.attr
    yield from (one.name for one in class_.methods if one.decorated_by("property", "cached_property"))


def _is_holder(knows: Knowledge, node: Node) -> bool:
    value = knows.known(node) if isinstance(node, Name | Attribute) else UNKNOWN
    return value.kind in HOLDERS and value.confidence > Confidence.LOW
