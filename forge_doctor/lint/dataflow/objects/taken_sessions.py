"""How who is given an object writes the session that loaded it."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, ClassDef, FunctionDef, Name, Node, Param
from forge_doctor.lint.dataflow.objects.expiry import provider_of
from forge_doctor.lint.dataflow.objects.model_owners import Owner, passed_on


def same_session(project: Project, param: Param, provider: FunctionDef, session: Node) -> Node:
    """The parameter beside it that is injected with the same session; else the object's own, which is no session."""
    given = provider.param(session.text)
    source = None if given is None else provider_of(project, given)
    around = param.parent
    for other in around.params if source is not None and isinstance(around, FunctionDef) else ():
        if isinstance(other, Param) and other is not param and provider_of(project, other) is source:
            return next((one for one in other.children if one.text == other.name), param)
    return param


def session_here(
    project: Project, call: Call, function: FunctionDef, session: Node, owner: Owner | None = None
) -> Node:
    """What the caller calls the session of a function: the argument it gives for it, `self.session` of its own methods, what
    the function's object was made with (`Users(db).get(1)`), or `users.session`; where that cannot be told, the call, which
    no session is written like."""
    if isinstance(session, Name) and function.param(session.id) is not None:
        given = function.argument(call, session.id)
        return call if given is None else given
    if not isinstance(session, Attribute) or session.value.text != "self" or call.receiver is None:
        return call
    if call.is_on("self"):
        return session
    made = None if owner is None else owner.made
    if owner is not None and made is not None and made.function is call.function:
        return _made_with(project, owner.class_, made, session.attr) or call
    if owner is not None and (beside := _kept_beside(project, owner, call.receiver, session.attr)):
        return _written(call, beside) or call
    return _written(call, f"{call.receiver.text}.{session.attr}") or call


def _made_with(project: Project, class_: ClassDef, made: Call, attribute: str) -> Node | None:
    """What an object is made with that it keeps as an attribute."""
    init = project.method(class_, "__init__")
    if init is None:
        return next((one.value for one in made.keywords if one.name == attribute), None)
    kept = next((one.value for one in _own_assigns(init) if one.target.text.endswith(f".{attribute}")), None)
    if kept is None:
        above = passed_on(init)
        bases = () if above is None else project.bases(class_)[1:]
        base = next((one.inner.definition for one in bases if isinstance(one.inner.definition, ClassDef)), None)
        kept = _made_with(project, base, above, attribute) if isinstance(base, ClassDef) and above is not None else None
    return init.argument(made, kept.id) if isinstance(kept, Name) and init.param(kept.id) is not None else None


def _own_assigns(init: FunctionDef) -> Iterator[Assign]:
    """`self.name = ...` in an `__init__`."""
    own = init.param_names[:1]
    for assign in init.find(Assign, nested=False):
        if isinstance(assign.target, Attribute) and assign.target.value.text in own:
            yield assign


def _kept_beside(project: Project, owner: Owner, held: Node, attribute: str) -> str:
    """`self.session` of an object whose `__init__` makes another one with the same session: `self.users = Users(session)`."""
    if not isinstance(held, Attribute) or held.value.text != "self":
        return ""
    assigns = project.scopes(held.file).attribute_assignments.get(held.attr, [])
    values = [one.value for one in assigns if one.class_ is held.class_]
    made = values[0] if len(values) == 1 else None
    init = made.function if isinstance(made, Call) else None
    given = _made_with(project, owner.class_, made, attribute) if isinstance(made, Call) else None
    if init is None or init.name != "__init__" or not isinstance(given, Name):
        return ""
    kept = (one.target.text for one in _own_assigns(init) if one.value is not None and one.value.text == given.id)
    return next(kept, "")


def _written(call: Call, text: str) -> Node | None:
    """An attribute that the caller writes so."""
    function = call.function
    if function is None or text.encode() not in function.file.data[function.start : function.end]:
        return None
    return next((one for one in function.find(Attribute, nested=False) if one.text == text), None)


def is_same_variable(project: Project, session: Node, other: Node) -> bool:
    """Whether two sessions written alike may be one: not where each stands behind an `async with ... as session` of its
    own."""
    if not isinstance(session, Name) or not isinstance(other, Name) or session.owner is not other.owner:
        return session.text == other.text
    scopes = project.scopes(session.file)
    bound = [scopes.lookup(one.id, one) for one in (session, other)]
    if bound[0] is None or bound[1] is None:
        return session.text == other.text
    reached = {id(one) for one in reaching(bound[0][1], session)}
    return not reached or any(id(one) in reached for one in reaching(bound[1][1], other))
