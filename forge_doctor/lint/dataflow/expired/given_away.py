"""Objects that a function of the project returns after a commit has emptied them, and what their takers read of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.orm.update_values import has_update_values
from forge_doctor.code.semantics.entry_points import dependency_names
from forge_doctor.code.semantics.inference.functions import param_value
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import giving_names
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Assign, Attribute, Await, Call, FunctionDef, Name, Node, Param, Return
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.expired.attributes_read import attributes_read, is_lost
from forge_doctor.lint.dataflow.expired.emptied_objects import binding_before, change_of, lost_by_update, model_in
from forge_doctor.lint.dataflow.expired.expired_reads import ExpiredRead, names_behind
from forge_doctor.lint.dataflow.expired.expiring import Why, own_causes
from forge_doctor.lint.dataflow.expired.refilled import is_filled
from forge_doctor.lint.dataflow.objects.expiry import expiry_of, maker_of, may_expire, provider_of
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import Way
from forge_doctor.lint.dataflow.objects.model_owners import Owner, owner_of
from forge_doctor.lint.dataflow.response_models import fields, reads_response


class Given(NamedTuple):
    """A name that holds what a function of the project gives: by `user = await register()`, or as a dependency; `owner` is
    the object whose method that is, `session` the one that the taker hands over."""

    name: str
    bound: Node
    taker: FunctionDef
    giver: FunctionDef
    owner: Owner | None = None
    session: Node | None = None


def given_in(file: SourceFile, project: Project) -> Iterator[Given]:
    """Every one in `async def`s whose name is that of a function that may end a transaction and return an object."""
    names = giving_names(project)
    for call in file.calls(*names.intersection(file.names_called)):
        assign = call.parent.parent if isinstance(call.parent, Await) else None
        function = call.function
        if (
            isinstance(assign, Assign)
            and isinstance(assign.target, Name)
            and function is not None
            and function.is_async
        ):
            giver = project.value_of(call).definition
            if isinstance(giver, FunctionDef):
                owner = owner_of(project, call)
                yield Given(
                    assign.target.text, assign, function, giver, owner, session_given(project, call, giver, owner)
                )
    if names.isdisjoint(dependency_names(project)):
        return
    for function in project.scopes(file).functions if file.mentions(b"fastapi", b"Depends") else ():
        for param in function.params if function.is_async else ():
            provider = provider_of(project, param) if isinstance(param, Param) else None
            if provider is not None and isinstance(param, Param):
                yield Given(param.name, param, function, provider)


def reads_of_given(file: SourceFile, project: Project) -> Iterator[ExpiredRead]:
    """Reads of what was given away expired."""
    if not may_expire(project) and not has_update_values(project):
        return
    for given in given_in(file, project):
        left = left_expired(project, given.giver, given.owner, given.session)
        if left is None:
            continue
        cause = left.cause._replace(statement=given.bound, inside=None)
        seen: set[str] = set()
        for name in names_behind(project, given.taker, cause):
            text = (name.parent or name).text if isinstance(name.parent, Attribute) else name.text
            if name.text != given.name or text in seen:
                continue
            attributes, is_sure = attributes_read(project, name, left.model)
            lost = (
                attributes.intersection(left.attributes)
                if left.attributes
                else is_lost(project, left.model, attributes)
            )
            always = isinstance(given.bound, Param) or always_before(given.bound, name)
            bound = binding_before(project, name, cause)
            if bound is given.bound and lost and always and not is_filled(given.taker, cause, name):
                seen.add(text)
                sure = left.confidence if is_sure else Confidence.LOW
                yield left._replace(
                    name=name,
                    attributes=tuple(sorted(lost)),
                    confidence=min(sure, Confidence.MEDIUM),
                    given_by=given.giver,
                )


def reads_of_returned(file: SourceFile, project: Project) -> Iterator[ExpiredRead]:
    """`return await register(name)` of a route, whose response model reads what the object has lost."""
    if not file.mentions(b"fastapi", b"router") or not (may_expire(project) or has_update_values(project)):
        return
    for call in file.calls(*giving_names(project).intersection(file.names_called)):
        answer = call.parent.parent if isinstance(call.parent, Await) else None
        class_ = reads_response(project, answer) if isinstance(answer, Return) else None
        giver = None if class_ is None else project.value_of(call).definition
        left = None
        if isinstance(giver, FunctionDef):
            owner = owner_of(project, call)
            left = left_expired(project, giver, owner, session_given(project, call, giver, owner))
        name = call.func.attr_node if isinstance(call.func, Attribute) else call.func
        if class_ is None or left is None or not isinstance(giver, FunctionDef) or not isinstance(name, Name):
            continue
        asked = frozenset(fields(project, class_) or ())
        lost = asked.intersection(left.attributes) if left.attributes else is_lost(project, left.model, asked)
        if lost:
            sure = min(left.confidence, Confidence.MEDIUM)
            yield left._replace(name=name, attributes=tuple(sorted(lost)), confidence=sure, given_by=giver)


def session_given(project: Project, call: Call, giver: FunctionDef, owner: Owner | None) -> Node | None:
    """The session that a call hands to a function, or that its object was made with."""
    made = None if owner is None else owner.made
    init = None if owner is None or made is None else project.method(owner.class_, "__init__")
    for function, given in ((giver, call), (init, made)):
        for param in function.params if function is not None else ():
            if given is None or function is None or not isinstance(param, Param) or param.is_spread:
                continue
            if param_value(project, param).kind.is_async_session:
                return function.argument(given, param.name)
    return None


def left_expired(
    project: Project, function: FunctionDef, owner: Owner | None = None, session: Node | None = None
) -> ExpiredRead | None:
    """The object that a function returns, where it is empty by then, or (with `attributes`) has lost what an UPDATE sets;
    worked out once for each object whose method it is, and for each maker of the session that it is given."""
    maker = None if session is None else maker_of(project, session)
    known: dict[tuple[FunctionDef, Owner | None, Call | None], ExpiredRead | None]
    known = function.file.kept.setdefault(left_expired, {})
    key = (function, owner, maker)
    if key not in known:
        known[key] = None
        known[key] = _left_expired(project, function, owner, session if maker is not None else None)
    return known[key]


def _left_expired(
    project: Project, function: FunctionDef, owner: Owner | None, session: Node | None
) -> ExpiredRead | None:
    data = function.file.data[function.start : function.end]
    if not any(word in data for word in (b".commit(", b".begin(", b".flush(")):
        return None
    returns = [one.value for one in function.find(Return, nested=False)]
    values = [one for one in returns if one is not None and one.text != "None"]
    if not function.is_async or len(values) != 1 or not isinstance(values[0], Name):
        return None
    name = values[0]
    for cause in own_causes(function.file, project):
        if cause.node.function is not function or cause.why is Why.ROLLBACK:
            continue
        # The way out of a block commits.
        inside = cause.why is Why.BLOCK and cause.statement.contains(name)
        bound = binding_before(project, name, cause)
        if bound is None or not (
            inside or (always_before(cause.statement, name) and not is_filled(function, cause, name))
        ):
            continue
        held = loaded(project, name, Way(owner=owner))
        model = model_in(project, function, cause, name, bound, held)
        if model is not None and cause.why is Why.UPDATE:
            is_new = isinstance(bound, Assign) if held is None else held.is_made
            changed = None if is_new else change_of(project, function, model, name, bound, cause)
            lost = lost_by_update(project, function, model, name, bound, cause) if changed is not None else frozenset()
            if lost:
                return ExpiredRead(cause, name, model, tuple(sorted(lost)), Confidence.MEDIUM)
            continue
        given = session if session is not None and maker_of(project, cause.session) is None else cause.session
        expiry = None if model is None else expiry_of(project, given)
        if model is not None and expiry is not None:
            return ExpiredRead(cause, name, model, (), min(cause.confidence, expiry.confidence), expiry)
    return None
