"""Where an object of a session is read after its values were thrown away: by a commit, by a rollback, by an UPDATE that
lets the database set one. Follows the object in its function; says nothing of sessions it cannot tell apart.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

from forge_doctor.code.orm.mapped_attributes import is_column, lazy_relationship
from forge_doctor.code.orm.update_values import has_update_values, values_set_by_update
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    ClassDef,
    FunctionDef,
    Keyword,
    Name,
    Node,
    Param,
    Return,
    Sequence,
    Str,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.expired.expiring import Cause, Why, causes
from forge_doctor.lint.dataflow.expired.implicit_reads import reader_of, reads_by, shown_as
from forge_doctor.lint.dataflow.expired.refilled import is_filled, is_taken_out
from forge_doctor.lint.dataflow.objects.expiry import Expiry, expiry_of, may_expire
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import Loaded, Shape
from forge_doctor.lint.dataflow.objects.object_bindings import got_or_made
from forge_doctor.lint.dataflow.objects.saved_objects import ADDING, adds
from forge_doctor.lint.dataflow.objects.taken_sessions import is_same_variable
from forge_doctor.lint.dataflow.response_models import fields, reads_response, validated_class, validated_parameters
from forge_doctor.lint.dataflow.sessions.transactions import calls_named
from forge_doctor.lint.dataflow.use_def import is_read
from forge_doctor.regex import regex

MOST_CAUSES = 20
# `user.name`, `return user`, `show(user)`, `{user}`.
READ = regex(rb"(?<![\w.])[^\W\d]\w*+(?=\s*\.\s*\w)|(?<=return )\w++|(?<=[\[(,{= ])[^\W\d]\w*+(?=\s*[)\],}!:=])")


class ExpiredRead(NamedTuple):
    """A read behind it: `name` is the object, `attributes` what is read of it and is not there. `given_by` is the function
    that gave the object away like that."""

    cause: Cause
    name: Name
    model: Model
    attributes: tuple[str, ...]
    confidence: Confidence
    expiry: Expiry | None = None
    given_by: FunctionDef | None = None


def expired_reads(file: SourceFile, project: Project) -> Iterator[ExpiredRead]:
    """Every one, the first of each object and attribute in a function."""
    for function, its_causes in causes_by_function(file, project, may_matter).items():
        # Of one call the UPDATE comes last: a commit may do more.
        placed = sorted(its_causes, key=lambda one: (one.statement.end, one.why is not Why.UPDATE))
        yield from first_reads(project, function, placed, nearest_cause)


def causes_by_function(
    file: SourceFile, project: Project, matters: Callable[[Project, Cause], bool]
) -> dict[FunctionDef, list[Cause]]:
    """What throws values away in each async function of a file, as far as it matters."""
    by_function: dict[FunctionDef, list[Cause]] = {}
    for cause in causes(file, project):
        function = cause.node.function
        if function is not None and function.is_async and matters(project, cause):
            by_function.setdefault(function, []).append(cause)
    return by_function


def first_reads(
    project: Project,
    function: FunctionDef,
    placed: list[Cause],
    read_of: Callable[[Project, FunctionDef, list[Cause], Name], ExpiredRead | None],
) -> Iterator[ExpiredRead]:
    """The first read of each object and attribute in a function."""
    seen: set[str] = set()
    for name in names_in(project, function):
        read = (name.parent or name).text if isinstance(name.parent, Attribute) else name.text
        found = None if read in seen else read_of(project, function, placed, name)
        if found is not None:
            seen.add(read)
            yield found


def nearest_cause(project: Project, function: FunctionDef, placed: list[Cause], name: Name) -> ExpiredRead | None:
    """The read, by the nearest cause before it; further back than the object is bound, or a good many causes, nobody
    looks."""
    before = bisect_right(placed, name.start, key=lambda one: one.statement.end)
    for cause in reversed(placed[max(0, before - MOST_CAUSES) : before]):
        if binding_before(project, name, cause) is None:
            return None
        found = read_at(project, function, cause, name)
        if found is None:
            continue
        if cause.why not in (Why.COMMIT, Why.BLOCK):
            return found
        expiry = expiry_of(project, cause.session)
        if expiry is not None:
            return found._replace(expiry=expiry, confidence=min(found.confidence, expiry.confidence))
    return None


def may_matter(project: Project, cause: Cause) -> bool:
    """Cheap: whether anything of the project can be lost by it."""
    if cause.why is Why.UPDATE:
        return has_update_values(project)
    return cause.why in (Why.ROLLBACK, Why.EXPIRE) or may_expire(project)


def names_behind(project: Project, function: FunctionDef, cause: Cause) -> Iterator[Name]:
    """The names behind it, in the function itself, that stand where an object can be read."""
    names = names_in(project, function)
    yield from names[bisect_left(names, cause.statement.end, key=lambda one: one.start) :]


def names_in(project: Project, function: FunctionDef) -> list[Name]:
    """All of them, found once."""
    known: dict[FunctionDef, list[Name]] = function.file.kept.setdefault(names_in, {})
    found = known.get(function)
    if found is None:
        places = READ.finditer(function.file.data, function.start, function.end)
        nodes = (function.file.node_at(place.start()) for place in places)
        names = (one for one in nodes if isinstance(one, Name) and one.owner is function and is_read(one))
        found = known[function] = [one for one in names if may_be_used(project, one)]
    return found


def read_at(project: Project, function: FunctionDef, cause: Cause, name: Name) -> ExpiredRead | None:
    """The read, if an object of the session stands there, is surely empty, and an attribute of it is asked for."""
    bound = binding_before(project, name, cause)
    if bound is None or not always_before(cause.statement, name):
        return None
    held = loaded(project, name)
    model = model_in(project, function, cause, name, bound, held)
    if model is None or is_filled(function, cause, name):
        return None
    is_near = not isinstance(bound, Param) if held is None else not held.hops
    confidence = min(cause.confidence, Confidence.HIGH if is_near else Confidence.MEDIUM)
    attributes, is_sure = attributes_read(project, name, model)
    if cause.why is Why.UPDATE:
        is_loaded = isinstance(bound, Param) if held is None else not held.is_made
        changed = change_of(project, function, model, name, bound, cause) if is_loaded else None
        lost = attributes & values_set_by_update(project, model) if changed is not None else frozenset()
        sure = changed is not None and always_before(changed, cause.node)
        confidence = confidence if sure else min(confidence, Confidence.MEDIUM)
    else:
        lost = is_lost(project, model, attributes)
    if cause.why is Why.EXPIRE:
        lost = frozenset() if cause.node.args[0].text != name.id else lost & (named_in(cause.node) or lost)
    if not lost:
        return None
    return ExpiredRead(
        cause, name, model, tuple(sorted(lost)), confidence if is_sure else min(confidence, Confidence.MEDIUM)
    )


def named_in(call: Call) -> frozenset[str]:
    """The attributes that `expire(user, ["orders"])` names."""
    given = call.argument(1, "attribute_names")
    return (
        frozenset(one.value for one in given.elts if isinstance(one, Str))
        if isinstance(given, Sequence)
        else frozenset()
    )


def is_lost(project: Project, model: Model, attributes: frozenset[str]) -> frozenset[str]:
    """Those that the mapper fills."""
    return frozenset(
        one for one in attributes if is_column(project, model, one) or lazy_relationship(model, one) is not None
    )


def may_be_used(project: Project, name: Name) -> bool:
    """Cheap: whether the place can read an object's attributes at all."""
    around = name.parent
    if isinstance(around, Attribute):
        return not (isinstance(around.parent, Assign) and around in around.parent.targets)
    if isinstance(around, Return):
        return reads_response(project, around) is not None
    call = around.parent if isinstance(around, Keyword) else around
    if not isinstance(call, Call) or call.func is name:
        return bool(shown_as(name))
    return bool(shown_as(name)) or validated_class(project, call) is not None or project.called(call) is not None


def attributes_read(project: Project, name: Name, model: Model) -> tuple[frozenset[str], bool]:
    """What is read of the object where its name stands, and whether all of it always is."""
    around = name.parent
    reader = reader_of(project, model, name)
    if reader is not None:
        reads = reads_by(project, reader, model.class_)
        always = frozenset(one.node.attr for one in reads if not one.is_conditional)
        classes = (class_ for given, class_ in validated_parameters(project, reader.function) if given == reader.name)
        always = always.union(*(fields(project, one) or () for one in classes))
        return always or frozenset(one.node.attr for one in reads), bool(always)
    if isinstance(around, Attribute):
        called = isinstance(around.parent, Call) and around.parent.func is around
        return frozenset() if called else frozenset({around.attr}), True
    class_: ClassDef | None = None
    if isinstance(around, Return):
        class_ = reads_response(project, around)
    elif isinstance(around, Call):
        class_ = validated_class(project, around)
    return frozenset(() if class_ is None else fields(project, class_) or ()), True


def binding_before(project: Project, name: Name, cause: Cause) -> Node | None:
    """What binds the name, if that is one statement before the cause, or one that makes what the first has not found."""
    scopes = project.scopes(name.file)
    found = scopes.lookup(name.id, name)
    bindings = reaching(found[1], name) if found is not None and found[0] is scopes.of(name) else []
    if any(one.start > cause.statement.end for one in bindings):
        return None
    bound = bindings[0] if len(bindings) == 1 else got_or_made(project, bindings)
    return None if bound is None or bound.path else bound.node


def model_in(
    project: Project, function: FunctionDef, cause: Cause, name: Name, bound: Node, held: Loaded | None
) -> Model | None:
    """The model of the object, if it surely belongs to the session and has something to lose."""
    session = cause.session.text
    if cause.why is Why.ROLLBACK and is_committed_before(function, session, bound, cause):
        return None
    if is_taken_out(function, bound.end, cause, name):
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
    if not any(one.receiver is not None and one.receiver.text == session for one in added):
        return None
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
    return model if any(one.receiver is not None and one.receiver.text == cause.session.text for one in added) else None


def is_committed_before(function: FunctionDef, session: str, bound: Node, cause: Cause) -> bool:
    """Whether nothing is left to roll back: the session was committed since the object was bound."""
    return any(
        one.receiver is not None and one.receiver.text == session and always_before(one, cause.node)
        for one in calls_named(function, ("commit",), bound.end, cause.node.start)
    )  # fmt: skip


def change_of(
    project: Project, function: FunctionDef, model: Model, name: Name, bound: Node, cause: Cause
) -> Node | None:
    """A statement before the flush that sets a column of the object: `user.name = ...`, `setattr(user, ...)`."""
    word = re.escape(name.id).encode()
    pattern = rb"(?<![\w.])" + word + rb"\.(\w+)\s*(?:[-+*/|]?=)(?!=)|\bsetattr\(\s*" + word + rb"\b"
    for match in re.finditer(pattern, function.file.data[bound.end : cause.node.start]):
        if match[1] is None or is_column(project, model, match[1].decode()):
            node = function.file.node_at(bound.end + match.start())
            if node is not None and (match[1] is None or may_be(project, node, bound)):
                return node
    return None


def may_be(project: Project, name: Node, bound: Node) -> bool:
    """Whether a name may stand there for what one of its bindings gave it."""
    scopes = project.scopes(name.file)
    found = scopes.lookup(name.text, name) if isinstance(name, Name) else None
    return found is None or any(one.node is bound for one in reaching(found[1], name))
