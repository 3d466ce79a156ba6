"""Which factory a session comes from, so that two sessions can be told to share a pool; opens no engine."""

from __future__ import annotations

from forge_doctor.code.semantics.literals import alias_of
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, FunctionDef, Name, Node, WithItem, Yield

MAX_HOPS = 4
# What makes the factory, or where it is kept.
Factory = Node | tuple[Node | None, str]


def factory_of(project: Project, call: Call, hops: int = 0) -> Factory | None:
    """The factory behind a call that gives a session: `Session()`, `self.factory()`, `Session.begin()`, or a context
    manager of the project; None where that is not known."""
    func = call.func
    if call.method in ("begin", "acquire", "connect") and call.receiver is not None:
        func = call.receiver
    function = project.value_of(func).definition
    if isinstance(function, FunctionDef):
        return _of_manager(project, function, hops) if hops < MAX_HOPS else None
    if isinstance(func, Name):
        return alias_of(project, func)
    if isinstance(func, Attribute):
        if func.value.text in ("self", "cls"):
            return (func.class_, func.attr)
        return alias_of(project, func)
    return None


def _of_manager(project: Project, function: FunctionDef, hops: int) -> Factory | None:
    lent = next(iter(function.find(Yield, nested=False)), None)
    name = None if lent is None or lent.value is None else lent.value.text
    for item in function.find(WithItem, nested=False):
        if item.target is not None and item.target.text == name and isinstance(item.value, Call):
            return factory_of(project, item.value, hops + 1)
    # `session = self._factory()`, closed in a `finally`.
    bound = [one.value for one in function.find(Assign, nested=False) if one.target.text == name]
    made = bound[0] if len(bound) == 1 else None
    return factory_of(project, made, hops + 1) if isinstance(made, Call) else None
