"""A session that a coroutine is not given but finds: in a ContextVar, or in an async_scoped_session whose scope one gives.
A task starts with a copy of its parent's context, so tasks started side by side find one and the same."""

from __future__ import annotations

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Await, Call, FunctionDef, Name, Node, Return, With

SCOPED = "async_scoped_session"
# Of the library of that name; with `multi_sessions` each task gets its own.
MIDDLEWARE_SESSION = "fastapi_async_sqlalchemy.db"


def ambient_session(project: Project, coroutine: Node) -> Node | None:
    """What the function called asks for its session, when its caller's context decides which that is."""
    function = project.called(coroutine) if isinstance(coroutine, Call) else None
    if function is None or not function.is_async or may_have_its_own(function):
        return None
    for call in function.find(Call, nested=False):
        receiver = call.receiver
        if receiver is None or not isinstance(call.parent, Await):
            continue
        given = followed(project, receiver) if isinstance(receiver, Name) else receiver
        if is_ambient(project, receiver, given):
            return given if isinstance(given, Call) and given.method != SCOPED else receiver
    return None


def may_have_its_own(function: FunctionDef) -> bool:
    """Whether a decorator, a `with` or the function itself may give it another session than its caller's."""
    return bool(function.decorators) or ".set(" in function.text or any(True for _ in function.find(With, nested=False))


def is_ambient(project: Project, receiver: Node, given: Node) -> bool:
    """Whether it is a session of the context: as written, and what that name stands for."""
    if isinstance(given, Call) and given.func.text.rpartition(".")[2] == SCOPED:
        return project.value_of(receiver).kind is Kind.ASYNC_SCOPED and is_scoped_by_context(project, given)
    if isinstance(given, Call):
        return is_kept_in_context(project, given, Kind.ASYNC_SESSION) or is_getter(project, given)
    return is_of_middleware(project, given)


def is_scoped_by_context(project: Project, made: Call) -> bool:
    """`async_scoped_session(factory, scopefunc=request_id.get)`, or a function that returns `request_id.get()`."""
    scope = made.argument(1, "scopefunc")
    if scope is None:
        return False
    value = project.value_of(scope)
    if isinstance(value.definition, FunctionDef):
        return is_kept_in_context(project, only_return(value.definition))
    variable = getattr(scope, "value", None)
    return scope.text.endswith(".get") and isinstance(variable, Node) and is_variable(project, variable)


def is_getter(project: Project, call: Call) -> bool:
    """`current_session()` that only returns what a ContextVar holds."""
    function = None if call.args or call.keywords else project.called(call)
    if function is None or function.is_async or ".set(" in function.text:
        return False
    return is_kept_in_context(project, only_return(function), Kind.ASYNC_SESSION)


def only_return(function: FunctionDef) -> Node | None:
    """What it returns, where it returns in one place."""
    returns = list(function.find(Return, nested=False))
    return returns[0].value if len(returns) == 1 else None


def is_kept_in_context(project: Project, node: Node | None, kind: Kind | None = None) -> bool:
    """`variable.get()` of a ContextVar, of that kind of thing."""
    given = followed(project, node) if isinstance(node, Name) else node
    if not isinstance(given, Call) or given.method != "get" or given.receiver is None:
        return False
    return is_variable(project, given.receiver, kind)


def is_variable(project: Project, node: Node, kind: Kind | None = None) -> bool:
    """Whether it is a ContextVar, of that kind of thing."""
    value = project.value_of(node)
    if kind is None:
        made = followed(project, node)
        return isinstance(made, Call) and made.func.text.rpartition(".")[2] == "ContextVar"
    return value.kind is Kind.CONTEXT_VAR and value.inner.kind is kind


def is_of_middleware(project: Project, node: Node) -> bool:
    """`db.session` of fastapi-async-sqlalchemy."""
    owner = getattr(node, "value", None)
    return node.text.endswith(".session") and isinstance(owner, Node) and project.qualified(owner) == MIDDLEWARE_SESSION
