"""Which object of a session stands where a name is read, if what throws values away has surely emptied it; reads no attribute."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.code.orm.mapped_attributes import is_column
from forge_doctor.code.orm.update_values import SQL_VALUE, values_set_by_update
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.names.bindings import Binding
from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import (
    Assign,
    Call,
    ClassDef,
    FunctionDef,
    Name,
    Node,
    Param,
)
from forge_doctor.lint.dataflow.expired.expiring import Cause, Why
from forge_doctor.lint.dataflow.expired.refilled import is_taken_out
from forge_doctor.lint.dataflow.objects.loaded_objects import Loaded, Shape
from forge_doctor.lint.dataflow.objects.object_bindings import got_or_made
from forge_doctor.lint.dataflow.objects.saved_objects import ADDING, adds
from forge_doctor.lint.dataflow.objects.taken_sessions import is_same_variable
from forge_doctor.lint.dataflow.sessions.transactions import calls_named

# So much of a value is looked at, to tell an expression of SQL from one of Python.
LONGEST_VALUE = 60


def binding_before(project: Project, name: Name, cause: Cause) -> Node | None:
    """What binds the name, if that is one statement before the cause, or one that makes what the first has not found."""
    bindings = reaching_here(project, name)
    if any(one.start > cause.statement.end for one in bindings):
        return None
    bound = bindings[0] if len(bindings) == 1 else got_or_made(project, bindings)
    return None if bound is None or bound.path else bound.node


def reaching_here(project: Project, name: Name) -> tuple[Binding, ...]:
    """What may bind the name where it stands; none where it is another function's."""
    scopes = project.scopes(name.file)
    found = scopes.lookup(name.id, name)
    return reaching(found[1], name) if found is not None and found[0] is scopes.of(name) else ()


def model_in(
    project: Project, function: FunctionDef, cause: Cause, name: Name, bound: Node, held: Loaded | None
) -> Model | None:
    """The model of the object, if it surely belongs to the session and has something to lose."""
    session = cause.session.text
    if cause.why is Why.ROLLBACK and is_committed_before(function, session, bound, cause):
        return None
    if is_taken_out(project, function, bound.end, cause, name):
        return None
    if held is not None and not held.is_made:
        same = held.session.text == session and (held.hops > 0 or held.call.function is function)
        same = same and is_same_variable(project, held.session, cause.session)
        return held.model if same and held.shape is Shape.OBJECT else None
    if isinstance(bound, Param):
        return given_model(project, function, cause, bound)
    # What was only added is thrown out by a rollback, with the values it has.
    if cause.why in (Why.ROLLBACK, Why.EXPIRE) or not isinstance(bound, Assign) or not isinstance(bound.value, Call):
        return None
    added = (one for one in calls_named(function, ADDING, bound.end, cause.statement.end) if adds(one, name.id))
    if not any(one.is_on(session) for one in added):
        return None
    if held is not None:
        return held.model
    class_ = project.value_of(bound.value.func)
    return project.model_of(bound.value.func) if class_.of is not None else None


def given_model(project: Project, function: FunctionDef, cause: Cause, param: Param) -> Model | None:
    """The model of an object that the function is given, if what it does with it tells that it belongs to the session."""
    if param.annotation is None or cause.why in (Why.ROLLBACK, Why.BLOCK):
        return None
    value = project.annotated(param.annotation, param)
    model = project.model(value.definition) if isinstance(value.definition, ClassDef) else None
    if cause.why is Why.EXPIRE or cause.why is Why.UPDATE:
        return model
    added = (one for one in calls_named(function, ADDING, function.start, cause.statement.end) if adds(one, param.name))
    return model if any(one.is_on(cause.session.text) for one in added) else None


def is_committed_before(function: FunctionDef, session: str, bound: Node, cause: Cause) -> bool:
    """Whether nothing is left to roll back: the session was committed since the object was bound."""
    return any(
        one.is_on(session) and always_before(one, cause.node)
        for one in calls_named(function, ("commit",), bound.end, cause.node.start)
    )  # fmt: skip


def change_of(
    project: Project, function: FunctionDef, model: Model, name: Name, bound: Node, cause: Cause
) -> Node | None:
    """A statement before the flush, and behind the one before it, that sets a column of the object: `user.name = ...`,
    `setattr(user, ...)`."""
    start = saved_before(function, name, bound, cause)
    for match in changes_of(function, name, start, cause.node.start):
        if match[1] is None or is_column(project, model, match[1].decode()):
            node = function.file.node_at(match.start())
            if node is not None and (match[1] is None or may_be(project, node, bound)):
                return node
    return None


def lost_by_update(
    project: Project, function: FunctionDef, model: Model, name: Name, bound: Node, cause: Cause
) -> frozenset[str]:
    """The columns whose new value the database sets in that UPDATE: not those that the function gives one itself, which
    is sent, and known."""
    lost = values_set_by_update(project, model)
    if not lost:
        return lost
    start, data = saved_before(function, name, bound, cause), function.file.data
    given = (
        match[1] or match[2]
        for match in changes_of(function, name, start, cause.node.start)
        if SQL_VALUE.match(data[match.end() : match.end() + LONGEST_VALUE].decode(errors="replace").lstrip()) is None
    )
    return lost - {one.decode() for one in given if one is not None}


def saved_before(function: FunctionDef, name: Name, bound: Node, cause: Cause) -> int:
    """Where the last flush before this one ends, or a refresh of the object, behind which nothing of it was left to save;
    where it is bound, without one."""
    saved = (
        call.end
        for call in calls_named(function, ("flush", "commit", "refresh"), bound.end, cause.node.start)
        if (call.is_on(cause.session.text) and always_before(call, cause.node))
        and (call.method != "refresh" or (call.args and call.args[0].text == name.id))
    )
    return max(saved, default=bound.end)


def changes_of(function: FunctionDef, name: Name, start: int, end: int) -> Iterator[re.Match[bytes]]:
    """Where the object may be given a value: its attribute is the first group, or the second where it stands as text."""
    word = re.escape(name.id).encode()
    pattern = (
        rb"(?<![\w.])" + word + rb"\.(\w+)\s*(?:[-+*/|]?=)(?!=)|"
        rb"\bsetattr\(\s*" + word + rb"\b(?:\s*,\s*[\"'](\w+)[\"']\s*,)?"
    )
    return re.compile(pattern).finditer(function.file.data, start, end)


def may_be(project: Project, name: Node, bound: Node) -> bool:
    """Whether a name may stand there for what one of its bindings gave it."""
    scopes = project.scopes(name.file)
    found = scopes.lookup(name.text, name) if isinstance(name, Name) else None
    return found is None or any(one.node is bound for one in reaching(found[1], name))
