"""Which model a method works with that asks its object for it: `select(self.model)` in a repository for any model,
`select(cls)` in a class method of a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, ClassDef, FunctionDef, Name, Node


class Owner(NamedTuple):
    """The object, or class, whose method is called; `made` is the call that makes the object, where that is in sight."""

    class_: ClassDef
    made: Call | None = None


def owner_of(project: Project, call: Call, around: Owner | None = None) -> Owner | None:
    """Whose method a call runs; `around` is the object whose own method makes the call."""
    receiver, function = call.receiver, call.function
    if receiver is None:
        return None
    if around is not None and function is not None and receiver.text in function.param_names[:1]:
        return around
    made = followed(project, receiver) if isinstance(receiver, Name | Attribute) else receiver
    value = project.value_of(receiver)
    class_ = value.inner.definition if value.kind is Kind.CLASS else value.definition
    if not isinstance(class_, ClassDef):
        return None
    return Owner(class_, made if isinstance(made, Call) else None)


def model_kept(project: Project, entity: Node, owner: Owner) -> Model | None:
    """The model that `self.model`, or `cls`, stands for in a method of the owner."""
    function = entity.function
    own = function.param_names[:1] if function is not None and function.is_method else ()
    if isinstance(entity, Name) and entity.text in own:
        return project.model(owner.class_)
    if not isinstance(entity, Attribute) or entity.value.text not in own:
        return None
    models = (project.model_of(one) for one in _given_as(project, owner, entity.attr))
    return next((one for one in models if one is not None), None)


def _given_as(project: Project, owner: Owner, attribute: str) -> Iterator[Node]:
    """What an attribute is given: in the bodies of the classes, nearest first, or by what makes the object."""
    bases = [base.inner.definition for base in project.bases(owner.class_)]
    classes = [one for one in bases if isinstance(one, ClassDef)]
    for class_ in classes:
        yield from _in_body(class_, attribute)
    made = owner.made
    for class_ in classes:
        init = next((one for one in class_.body if isinstance(one, FunctionDef) and one.name == "__init__"), None)
        if init is None:
            continue
        for assign in init.find(Assign, nested=False):
            if isinstance(assign.target, Attribute) and assign.target.attr == attribute and assign.value is not None:
                yield assign.value
                if made is not None and assign.value.text in init.param_names:
                    given = made.argument(init.param_names.index(assign.value.text) - 1, assign.value.text)
                    yield from () if given is None else (given,)
        made = passed_on(init)


def _in_body(class_: ClassDef, attribute: str) -> Iterator[Node]:
    for one in class_.body:
        if isinstance(one, Assign) and one.target.text == attribute and one.value is not None:
            yield one.value


def passed_on(init: FunctionDef) -> Call | None:
    """`super().__init__(User, session)`."""
    return next((one for one in init.find(Call, nested=False) if one.func.text == "super().__init__"), None)
