"""Which attributes of an object are read where its name stands, by the place itself or by what it is handed to."""

from __future__ import annotations

from forge_doctor.code.orm.mapped_attributes import is_column
from forge_doctor.code.semantics.inference.models import FETCHED, Model
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    ClassDef,
    Keyword,
    Name,
    Return,
    Sequence,
    Str,
)
from forge_doctor.lint.dataflow.expired.implicit_reads import reader_of, reads_by, shown_as
from forge_doctor.lint.dataflow.response_models import fields, reads_response, validated_class, validated_parameters


def named_in(call: Call) -> frozenset[str]:
    """The attributes that `expire(user, ["orders"])` names."""
    given = call.argument(1, "attribute_names")
    return (
        frozenset(one.value for one in given.elts if isinstance(one, Str))
        if isinstance(given, Sequence)
        else frozenset()
    )


def is_lost(project: Project, model: Model, attributes: frozenset[str]) -> frozenset[str]:
    """Those that the mapper fills: a relationship that queries load by themselves is gone like any other, and nobody queries."""
    return frozenset(one for one in attributes if is_column(project, model, one) or is_loaded_relationship(model, one))


def is_loaded_relationship(model: Model, name: str) -> bool:
    """Whether it is a relationship whose rows an object keeps, once a query or a read has loaded them."""
    found = model.relationship(name)
    return found is not None and (found.loads_on_access or found.lazy in FETCHED)


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
