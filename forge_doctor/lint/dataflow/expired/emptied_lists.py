"""Objects of a session that are walked over when a commit or rollback has emptied all of them: behind it, or in the next round
of the loop that does it. Looks at lists that the same function has queried or made."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import (
    Assign,
    Call,
    Comprehension,
    ComprehensionFor,
    For,
    FunctionDef,
    Name,
    Node,
    Sequence,
    Tuple,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.expired.attributes_read import attributes_read, is_lost
from forge_doctor.lint.dataflow.expired.emptied_objects import binding_before, reaching_here
from forge_doctor.lint.dataflow.expired.expired_in_loops import leads_out
from forge_doctor.lint.dataflow.expired.expired_reads import (
    MOST_CAUSES,
    ExpiredRead,
    causes_by_function,
    may_matter,
    names_in,
)
from forge_doctor.lint.dataflow.expired.expiring import Cause, Why
from forge_doctor.lint.dataflow.expired.refilled import FILLING, TAKING_OUT, is_filled, is_taken_out
from forge_doctor.lint.dataflow.objects.expiry import expiry_of
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import Shape
from forge_doctor.lint.dataflow.objects.object_bindings import keyed_by
from forge_doctor.lint.dataflow.objects.saved_objects import ADDING, adds
from forge_doctor.lint.dataflow.objects.taken_sessions import is_same_variable
from forge_doctor.lint.dataflow.sessions.transactions import calls_named

Walk = For | ComprehensionFor
GROWING = ("append", "extend", "insert")
EMPTYING = (Why.COMMIT, Why.BLOCK, Why.ROLLBACK)


class Walked(NamedTuple):
    """A loop over objects: what each of them is called, and the list or dict that has them."""

    walk: Walk
    target: Name
    many: Name
    shape: Shape


def reads_of_each(file: SourceFile, project: Project) -> Iterator[ExpiredRead]:
    """The first read of each attribute in a loop over such a list."""
    for function, its_causes in causes_by_function(file, project, may_empty_many).items():
        placed = sorted(its_causes, key=lambda one: one.statement.end)
        walks: list[Walk] = [*function.find(For, nested=False), *function.find(ComprehensionFor, nested=False)]
        for walk in walks:
            walked = None if walk.is_async else walked_over(walk)
            if walked is not None:
                yield from reads_in(project, function, walked, placed)


def walked_over(walk: Walk) -> Walked | None:
    """What a loop walks over: `for user in users`, `for user in by_name.values()`, `for name, user in by_name.items()`,
    `for number, user in enumerate(users)`."""
    target, many, call = walk.target, walk.iter, walk.iter
    pair = target.elts if isinstance(target, Tuple) and len(target.elts) == 2 else None
    of_dict = keyed_by(walk) if pair is not None else None
    if of_dict is not None:
        many = of_dict
    elif isinstance(call, Call) and call.method == "values" and call.receiver is not None and not call.args:
        many = of_dict = call.receiver
    elif pair is not None and isinstance(call, Call) and call.func.text == "enumerate" and call.args:
        many = call.args[0]
    elif pair is not None:
        return None
    target = target if pair is None else pair[1]
    shape = Shape.MANY if of_dict is None else Shape.KEYED
    return Walked(walk, target, many, shape) if isinstance(target, Name) and isinstance(many, Name) else None


def may_empty_many(project: Project, cause: Cause) -> bool:
    """Cheap: whether it empties all objects of its session."""
    return cause.why in EMPTYING and may_matter(project, cause)


def reads_in(project: Project, function: FunctionDef, walked: Walked, placed: list[Cause]) -> Iterator[ExpiredRead]:
    """Of one loop over a list, by the nearest cause in it or before it; further back than a good many nobody looks."""
    walk, many = walked.walk, walked.many
    before = bisect_right(placed, walk.end, key=lambda one: one.statement.end)
    for cause in reversed(placed[max(0, before - MOST_CAUSES) : before]):
        is_in_it = isinstance(walk, For) and walk.contains(cause.statement)
        if is_in_it and leads_out(cause.statement, walk):
            continue
        if not is_in_it and not (cause.statement.end <= walk.start and always_before(cause.statement, many)):
            continue
        model = model_of_each(project, function, walked, cause)
        expiry = None if cause.why is Why.ROLLBACK or model is None else expiry_of(project, cause.session)
        if model is None or (cause.why is not Why.ROLLBACK and expiry is None):
            continue
        found: dict[frozenset[str], Name] = {}
        for name in read_of_each(project, function, walked, cause, is_in_it=is_in_it):
            lost = is_lost(project, model, attributes_read(project, name, model)[0])
            found.setdefault(lost, name)
        for lost, name in found.items():
            if lost:
                sure = min(cause.confidence, Confidence.MEDIUM)
                yield ExpiredRead(cause, name, model, tuple(sorted(lost)), sure, expiry)
        if found:
            return


def model_of_each(project: Project, function: FunctionDef, walked: Walked, cause: Cause) -> Model | None:
    """The model of the objects in a list, if all of them surely belong to the session that the cause is about."""
    many = walked.many
    bound = binding_before(project, many, cause)
    if not isinstance(bound, Assign) or bound.end > cause.statement.end:
        return None
    if is_taken_out(project, function, bound.end, cause, many):
        return None
    held, session = loaded(project, many), cause.session.text
    if held is not None and not held.is_made:
        same = held.session.text == session and held.call.function is function
        same = same and held.shape is walked.shape and is_same_variable(project, held.session, cause.session)
        return held.model if same else None
    made = bound.value
    if cause.why is Why.ROLLBACK or walked.shape is Shape.KEYED:
        return None
    added = [one for one in calls_named(function, ADDING, bound.end, cause.statement.end) if one.is_on(session)]
    if isinstance(made, Sequence) and made.text == "[]":
        return model_appended(project, function, bound, cause, many, added)
    if not isinstance(made, Comprehension) or made.is_generator or not any(adds_all(one, many) for one in added):
        return None
    return project.model_of(made.element.func) if isinstance(made.element, Call) else None


def adds_all(added: Call, many: Name) -> bool:
    """`session.add_all(users)`."""
    return [given.text for given in added.args] == [many.text]


def model_appended(
    project: Project, function: FunctionDef, bound: Assign, cause: Cause, many: Name, added: list[Call]
) -> Model | None:
    """The model of what a list that began empty has been given by the cause, if each of it was made in the function and
    added to the session: `user = User(); session.add(user); users.append(user)`."""
    if next(calls_named(function, TAKING_OUT, bound.end, cause.statement.end), None) is not None:
        return None
    written = calls_named(function, GROWING, bound.end, cause.statement.end)
    models: list[Model] = []
    for call in (one for one in written if one.is_on(many.text)):
        given = call.args[0] if call.method == "append" and len(call.args) == 1 else None
        made = made_under(project, given) if isinstance(given, Name) else given
        is_added = any(adds_all(one, many) or (given is not None and adds(one, given.text)) for one in added)
        model = project.model_of(made.func) if is_added and isinstance(made, Call) else None
        if model is None or (models and model.class_ is not models[0].class_):
            return None
        models.append(model)
    return models[0] if models else None


def made_under(project: Project, name: Name) -> Node | None:
    """What the one binding of a name gives it."""
    bindings = reaching_here(project, name)
    node = bindings[0].node if len(bindings) == 1 and not bindings[0].path else None
    return node.value if isinstance(node, Assign) else None


def read_of_each(
    project: Project, function: FunctionDef, walked: Walked, cause: Cause, *, is_in_it: bool
) -> Iterator[Name]:
    """The reads of what the loop is about, with nothing on the way that may fill the objects again."""
    walk, many = walked.walk, walked.many
    place = walk if isinstance(walk, For) else walk.enclosing(Comprehension)
    filling = place is None or next(calls_named(function, FILLING, place.start, place.end), None) is not None
    if place is None or filling or (not is_in_it and is_filled(function, cause, many)):
        return
    names = names_in(project, function)
    first, last = (bisect_left(names, one, key=lambda name: name.start) for one in (place.start, place.end))
    for name in names[first:last]:
        inside = name.id == walked.target.id and not many.contains(name)
        # Behind the cause in the same round it is read of one object, and told as such.
        if inside and not (is_in_it and name.start > cause.statement.start):
            yield name
