"""Whether a function of the project has to do with a session; follows one call deep and no further."""

from __future__ import annotations

from forge_doctor.finding import Confidence
from forge_doctor.lint.kinds import UNKNOWN, Kind
from forge_doctor.lint.knowledge import Knowledge
from forge_doctor.lint.methods import COROUTINES
from forge_doctor.lint.nodes import Attribute, Call, FunctionDef, Name, Node, Param, With

HOLDERS = frozenset(
    {Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.ASYNC_CONNECTION, Kind.ASYNC_FACTORY, Kind.ASYNC_ENGINE}
)

METHODS = frozenset(name for kind in HOLDERS for name in COROUTINES.get(kind, ()))


def touches_session(knows: Knowledge, function: FunctionDef) -> bool:
    """Whether it takes one, or calls a session's coroutine method on one, or hands one on, or enters one."""
    for param in function.params:
        if isinstance(param, Param) and param.annotation is not None:
            value = knows.annotated(param.annotation, function)
            if value.kind in HOLDERS and value.confidence > Confidence.LOW:
                return True
    for call in function.find(Call):
        if call.method in METHODS and call.receiver is not None and _is_holder(knows, call.receiver):
            return True
        if any(isinstance(one, Attribute) and _is_holder(knows, one) for one in call.args):
            return True
    return any(
        knows.entered(knows.value_of(item.value)).kind in HOLDERS
        for statement in function.find(With)
        if statement.is_async
        for item in statement.items
    )


def _is_holder(knows: Knowledge, node: Node) -> bool:
    value = knows.known(node) if isinstance(node, Name | Attribute) else UNKNOWN
    return value.kind in HOLDERS and value.confidence > Confidence.LOW
