"""Which factory a session comes from, so that two sessions can be told to share a pool; opens no engine."""

from __future__ import annotations

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.literals import alias_of
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, FunctionDef, Name, Node, Return, WithItem, Yield

MAX_HOPS = 4
FACTORIES = (Kind.ASYNC_FACTORY, Kind.FACTORY)
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
    if isinstance(func, Call):  # made right there: `async_sessionmaker(engine)()`
        return func if project.value_of(func).kind in FACTORIES else None
    if isinstance(func, Name):
        return alias_of(project, func)
    if isinstance(func, Attribute):
        if func.value.text in ("self", "cls"):
            return (func.class_, func.attr)
        return alias_of(project, func)
    return None


def _of_manager(project: Project, function: FunctionDef, hops: int) -> Factory | None:
    lent = next(iter(function.find(Yield, nested=False)), None)
    if lent is None:
        return _of_giver(project, function, hops)
    name = None if lent.value is None else lent.value.text
    for item in function.find(WithItem, nested=False):
        if item.target is not None and item.target.text == name and isinstance(item.value, Call):
            return factory_of(project, item.value, hops + 1)
    # `session = self._factory()`, closed in a `finally`.
    bound = [one.value for one in function.find(Assign, nested=False) if one.target.text == name]
    made = bound[0] if len(bound) == 1 else None
    return factory_of(project, made, hops + 1) if isinstance(made, Call) else None


def _of_giver(project: Project, function: FunctionDef, hops: int) -> Factory | None:
    made = given_by(function)
    return None if made is None else factory_of(project, made, hops + 1)


def given_by(function: FunctionDef) -> Call | None:
    """The call that a plain function gives the result of, `return Session()`, where that is its only `return`."""
    if function.is_async or function.is_generator:
        return None
    given = [one.value for one in function.find(Return, nested=False)]
    made = given[0] if len(given) == 1 else None
    return made if isinstance(made, Call) else None


def maker_behind(project: Project, call: Call) -> Call:
    """The call that makes a session: the one that functions of the project give the result of, or the call itself."""
    for _ in range(MAX_HOPS):
        function = project.called(call)
        made = None if function is None else given_by(function)
        if made is None:
            break
        call = made
    return call
