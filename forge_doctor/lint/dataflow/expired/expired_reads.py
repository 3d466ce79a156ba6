"""Where an object of a session is read after its values were thrown away: by a commit, by a rollback, by an UPDATE that
lets the database set one. Follows the object in its function; says nothing of sessions it cannot tell apart.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

from forge_doctor.code.orm.update_values import has_update_values
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import (
    Attribute,
    FunctionDef,
    Name,
    Param,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.expired.attributes_read import attributes_read, is_lost, may_be_used, named_in
from forge_doctor.lint.dataflow.expired.emptied_objects import binding_before, change_of, lost_by_update, model_in
from forge_doctor.lint.dataflow.expired.expiring import Cause, Why, causes
from forge_doctor.lint.dataflow.expired.refilled import is_filled
from forge_doctor.lint.dataflow.objects.expiry import Expiry, expiry_of, may_expire
from forge_doctor.lint.dataflow.objects.loaded import loaded
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
        if changed is None:
            return None
        lost = attributes & lost_by_update(project, function, model, name, bound, cause)
        confidence = confidence if always_before(changed, cause.node) else min(confidence, Confidence.MEDIUM)
    else:
        lost = is_lost(project, model, attributes)
    if cause.why is Why.EXPIRE:
        lost = frozenset() if cause.node.args[0].text != name.id else lost & (named_in(cause.node) or lost)
    if not lost:
        return None
    return ExpiredRead(
        cause, name, model, tuple(sorted(lost)), confidence if is_sure else min(confidence, Confidence.MEDIUM)
    )
