"""The result of `merge()` is dropped, and the object that was given to it is used on.

Why: `merge()` copies the state of an object into the session and returns the copy. The object that was given stays
outside: what is set on it afterwards is never written, and `refresh()` of it raises InvalidRequestError "is not
persistent within this Session".

Bad:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def rename(session: AsyncSession, house, name: str):
        await session.merge(house)
        house.name = name
        await session.commit()

Good:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def rename(session: AsyncSession, house, name: str):
        house = await session.merge(house)
        house.name = name
        await session.commit()

Wrong when: the object is in this very session already; `merge()` then gives the same one. An object that the function
has loaded or added before, or has given to another function, is left alone; of one that comes from outside it cannot be
told, so that confidence is medium. What is set is let be where it is no column, or is merged in turn.

Source: https://docs.sqlalchemy.org/en/20/orm/session_state_management.html#merging; with SQLAlchemy 2.1.9 the column
kept its old value
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.mapped_attributes import is_column
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.library.kinds import Kind, words
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import end_of_way
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    Expr,
    FunctionDef,
    Name,
    NamedExpr,
    Node,
    Param,
    Return,
)
from forge_doctor.code.syntax.prefilter import AnyCall
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.sessions.transactions import calls_between, mentions

SUSPECT = AnyCall("merge")
# What does nothing to an object that it is given.
HARMLESS = words("print len repr str isinstance type debug info warning error setattr getattr hasattr")
SESSIONS = frozenset({Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.SESSION, Kind.SCOPED})


@check(severity=Severity.ERROR)
def merge_result_dropped(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every `merge()` whose result nobody takes."""
    for call in file.calls("merge"):
        given = call.argument(0, "instance")
        function = call.function
        name = given.target if isinstance(given, NamedExpr) else given
        if function is None or not isinstance(name, Name) or call.receiver is None or not is_dropped(call):
            continue
        value = project.known(call.receiver)
        if value.kind not in SESSIONS or value.confidence is Confidence.LOW:
            continue
        model = None if given is None else made_of(project, given)
        sure = Confidence.HIGH if isinstance(given, NamedExpr) and model else is_outside(project, function, call, name)
        used = None if sure is None else used_after(project, function, call, name.text, model)
        if sure is not None and used is not None:
            if isinstance(used, Return) and sure is Confidence.MEDIUM:
                sure = Confidence.LOW  # what a caller gives may be of this very session, and its copy itself
            yield found(file, call, name, used, min(sure, value.confidence))


def is_dropped(call: Call) -> bool:
    """Whether the statement is the call, or `_ =` throws away what it gives."""
    around = call.parent.parent if isinstance(call.parent, Await) else call.parent
    return isinstance(around, Expr) or (isinstance(around, Assign) and around.target.text == "_")


def made_of(project: Project, given: Node) -> Model | None:
    """The mapped class that the object is made of in the same function."""
    if isinstance(given, NamedExpr):
        made: Node = given.value
    else:
        made = followed(project, given)
    return project.model_of(made.func) if isinstance(made, Call) else None


def is_outside(project: Project, function: FunctionDef, call: Call, given: Name) -> Confidence | None:
    """How sure it is that the object is not in the session; None where it may well be."""
    session = "" if call.receiver is None else call.receiver.text
    name = re.escape(given.text)
    for one in calls_between(function, function.start, call.start):
        own = one.is_on(session)
        if own and one.method in ("add", "add_all", "refresh") and re.search(rf"\b{name}\b", one.text):
            return None
        if not own and one.method not in HARMLESS and mentions(one, given.text):
            return None  # who is given the object may add it
    found_at = project.scopes(given.file).lookup(given.text, given)
    if found_at is None or found_at[0].node is not function:
        return None
    bindings = reaching(found_at[1], given)
    if len(bindings) != 1:
        return None
    node = bindings[0].node
    if isinstance(node, Param | Name):
        return Confidence.MEDIUM
    made = node.value if isinstance(node, Assign) else None
    is_new = isinstance(made, Call) and project.value_of(made.func).kind is Kind.CLASS
    return Confidence.HIGH if is_new else None


def used_after(project: Project, function: FunctionDef, call: Call, name: str, model: Model | None) -> Node | None:
    """Where the object that was given is changed or refreshed afterwards, unless the name is bound again, or what is set is
    no column, or is merged in turn."""
    end = end_of_way(call)
    again = [one for one in calls_between(function, call.end, end) if one.method == call.method and mentions(one, name)]
    for assign in function.find(Assign, nested=False):
        if not call.end <= assign.start < end:
            continue
        target = assign.target
        if isinstance(target, Name) and target.text == name:
            return None
        if isinstance(target, Attribute) and target.value.text == name:
            is_kept = model is None or is_column(project, model, target.attr) or model.relationship(target.attr)
            if is_kept and not any(one.start > assign.end for one in again):
                return assign
    for one in calls_between(function, call.end, end):
        if one.func.text == "setattr" and mentions(one, name) and not any(other.start > one.end for other in again):
            return one
        if one.method == "refresh" and one.receiver is not None and one.args and one.args[0].text == name:
            return one if call.receiver is not None and one.receiver.text == call.receiver.text else None
    returned = (one for one in function.find(Return, nested=False) if call.end <= one.start < end)
    return next((one for one in returned if one.value is not None and one.value.text == name), None)


def found(file: SourceFile, call: Call, given: Name, used: Node, confidence: Confidence) -> Finding:
    """The finding, at the `merge()`."""
    wait = "await " if isinstance(call.parent, Await) else ""
    what = (
        f"`{used.text}` raises InvalidRequestError"
        if isinstance(used, Call) and used.method == "refresh"
        else f"the object that line {used.line} returns is not the one that is saved, and has no key or default of the database"
        if isinstance(used, Return)
        else f"what line {used.line} sets is never written"
    )
    return file.finding(
        merge_result_dropped,
        call,
        f"`{call.func.text}()` returns the copy that is saved, and nobody takes it: `{given.text}` stays outside of the "
        f"session, {what}",
        confidence=confidence,
        remedy=f"{given.text} = {wait}{call.text}",
        related=(Related(message="used on here", location=file.location(used)),),
    )
