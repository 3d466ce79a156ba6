"""Functions that let an error of the database out, as it is or turned into another one, and leave the session as it failed;
looks at no caller."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_functions
from forge_doctor.code.syntax.nodes import Call, Except, FunctionDef, Raise, Try
from forge_doctor.lint.dataflow.sessions.transactions import calls_of, is_awaited, is_handed
from forge_doctor.regex import regex

CAUGHT = regex(r"\b(?:IntegrityError|SQLAlchemyError|DBAPIError)\b")
# What leaves the session refusing everything until a rollback.
BREAKING = frozenset({"flush", "commit"})
# Any of these words in the function says that it cares for the transaction.
CARES = regex(rb"rollback|is_active|\.close\b|\.begin|\.reset\b|\.remove\b|\.invalidate\b|savepoint")
RAISED = regex(r"raise\s+((?:\w+\.)*[A-Z]\w*)\b")


class Conversion(NamedTuple):
    """The call that fails, and the name of the error that its caller gets: where a handler catches it, of what that raises
    in its place."""

    call: Call
    handler: Except | None
    raises: str


# Both are what a unique or foreign key comes to.
DATABASE_ERROR = "IntegrityError"


@kept_for_the_run
def converting_names(project: Project) -> frozenset[str]:
    """The names of async functions with a handler of the database's errors behind their head."""
    return marked_functions(project, Mark.CATCHES)


@kept_for_the_run
def failing_names(project: Project) -> frozenset[str]:
    """The names of async functions that flush or commit."""
    return marked_functions(project, Mark.FLUSHES)


def let_out(function: FunctionDef, session: str) -> Conversion | None:
    """The flush or commit of a session it writes so whose error goes to the caller as it is."""
    if function.is_generator or cares_for_transaction(function):
        return None
    failing = (f"{session}.{method}" for method in sorted(BREAKING))
    calls = (one for text in failing for one in calls_of(function) if one.func.text == text and is_awaited(one))
    call = next((one for one in calls if one.enclosing(Try) is None), None)
    return None if call is None else Conversion(call, None, DATABASE_ERROR)


def conversion(function: FunctionDef, session: str) -> Conversion | None:
    """How a function that writes its session so converts what a flush or commit raises."""
    if cares_for_transaction(function):
        return None
    return next(_conversions(function, session), None)


def cares_for_transaction(function: FunctionDef) -> bool:
    """Whether a function says anything of the end of a transaction other than a commit."""
    return CARES.search(function.file.data[function.start : function.end]) is not None


def _conversions(function: FunctionDef, session: str) -> Iterator[Conversion]:
    for statement in function.find(Try, nested=False):
        handler = next((one for one in statement.handlers if one.type and CAUGHT.search(one.type.text)), None)
        if handler is None or is_handed(function, session, handler.start, statement.end):
            continue
        raises = handler.body[-1] if handler.body else None
        name = raised_name(raises) if isinstance(raises, Raise) else ""
        for call in (one for part in statement.body for one in part.find(Call, nested=False)):
            if name and call.func.text in (f"{session}.{method}" for method in BREAKING) and is_awaited(call):
                yield Conversion(call, handler, name)


def raised_name(node: Raise) -> str:
    """`Conflict` of `raise errors.Conflict(name) from None`; empty for a bare `raise`, or for what was caught."""
    found = RAISED.match(node.text)
    return found[1].rpartition(".")[2] if found is not None else ""
