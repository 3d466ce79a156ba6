"""What commits when a block is left: an object's `__aexit__`, or what a context manager of the project does behind its
`yield`; of the library's own `begin()` only as far as such a manager lends it."""

from __future__ import annotations

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Await, Call, ClassDef, Except, FunctionDef, Node, Yield
from forge_doctor.lint.dataflow.sessions.transactions import begin_blocks, calls_between

SESSIONS = frozenset({Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.SESSION, Kind.SCOPED})


def commits_at_exit(project: Project, entered: Node) -> bool:
    """Whether what is entered there commits when nothing has failed."""
    value = project.value_of(entered)
    if value.kind is Kind.INSTANCE and isinstance(value.definition, ClassDef):
        leave = project.method(value.definition, "__aexit__")
        return leave is not None and any(is_commit(one) for one in leave.find(Call, nested=False))
    manager = project.value_of(entered.func).definition if isinstance(entered, Call) else None
    lent = next(iter(manager.find(Yield, nested=False)), None) if isinstance(manager, FunctionDef) else None
    if not isinstance(manager, FunctionDef) or lent is None or lent.value is None:
        return False
    return project.known(lent.value).kind in SESSIONS and commit_behind(project, manager, lent) is not None


def is_commit(call: Call) -> bool:
    """Whether it commits something of its object, in no handler of an error."""
    return call.method == "commit" and isinstance(call.parent, Await) and call.enclosing(Except) is None


def commit_behind(project: Project, function: FunctionDef, lent: Yield) -> Node | None:
    """What commits the session that is lent: a call behind the `yield`, or a `begin()` block around it."""
    name = "" if lent.value is None else lent.value.text
    for call in calls_between(function, lent.end, function.end):
        commits = call.method == "commit" and call.is_on(name)
        if commits and call.enclosing(Except) is None:
            return call
    block = next((one for one in begin_blocks(project, lent) if one.session == name and not one.is_nested), None)
    return None if block is None else block.opener
