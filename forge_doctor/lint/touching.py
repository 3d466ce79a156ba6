"""Whether a function of the project has to do with a session; follows one call deep and no further."""

from __future__ import annotations

from forge_doctor.finding import Confidence
from forge_doctor.lint.kinds import Kind
from forge_doctor.lint.knowledge import Knowledge
from forge_doctor.lint.methods import TELLING
from forge_doctor.lint.nodes import Attribute, Call, FunctionDef, Name, Param, With

HOLDERS = frozenset(
    {Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.ASYNC_CONNECTION, Kind.ASYNC_FACTORY, Kind.ASYNC_ENGINE}
)


def touches_session(knows: Knowledge, function: FunctionDef) -> bool:
    """Whether it takes one, or calls a session's method on one, or enters one."""
    for param in function.params:
        if isinstance(param, Param) and param.annotation is not None:
            value = knows.annotated(param.annotation, function)
            if value.kind in HOLDERS and value.confidence > Confidence.LOW:
                return True
    for call in function.find(Call):
        receiver = call.receiver
        if call.method in TELLING and isinstance(receiver, Name | Attribute):
            value = knows.known(receiver)
            if value.kind in HOLDERS and value.confidence > Confidence.LOW:
                return True
    return any(
        knows.entered(knows.value_of(item.value)).kind in HOLDERS
        for statement in function.find(With)
        if statement.is_async
        for item in statement.items
    )
