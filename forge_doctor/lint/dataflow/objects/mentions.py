"""Whether a piece of source names a relationship where that may load it: a JOIN or a condition loads nothing, nor does the
relationship of another class that has the same name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Call, ClassDef, Constant, FunctionDef, If, Name, Node

JOINING = words("join outerjoin select_from")
COMPARING = words("has any")


class Asked(NamedTuple):
    """The relationship that is looked for."""

    project: Project
    model: Model
    name: str
    by: Call | None = None  # the call of the function that sends the query


def is_named_in(place: Node, asked: Asked) -> bool:
    """Whether an expression names it, be it in a text, where that may load it."""
    return re.search(rb"\b" + re.escape(asked.name).encode() + rb"\b", source_beside(place, asked)) is not None


def source_beside(place: Node, asked: Asked) -> bytes:
    """The source of a node without what names the relationship and loads nothing."""
    data, start = place.file.data, place.start
    found = bytearray()
    for first, last in _loading_nothing(place, asked):
        found += data[start:first]
        start = last
    return bytes(found + data[start : place.end])


def _loading_nothing(place: Node, asked: Asked) -> Iterator[tuple[int, int]]:
    """Where they stand, in order."""
    data = place.file.data
    for match in re.finditer(rb"(?<=\.)" + re.escape(asked.name).encode() + rb"\b", data[place.start : place.end]):
        node = place.file.node_at(place.start + match.start())
        attribute = None if node is None else node.parent
        if isinstance(attribute, Attribute) and attribute.attr_node is node and _loads_nothing(attribute, asked):
            yield attribute.start, attribute.end


def _loads_nothing(attribute: Attribute, asked: Asked) -> bool:
    around = attribute.parent
    if asked.by is not None and is_left_out(attribute, asked.by):
        return True
    if isinstance(around, Attribute) and around.attr in COMPARING:
        return True
    model = asked.project.model_of(attribute.value) if isinstance(attribute.value, Name) else None
    if model is None:
        return False
    if isinstance(around, Call) and around.method in JOINING:
        return True
    return attribute.value.text[:1].isupper() and not _is_kin(asked.project, model.class_, asked.model.class_)


def is_left_out(place: Node, call: Call) -> bool:
    """Whether a place of a function does not run for a call: `if with_orders:` of one that does not ask for them."""
    inner = place
    for around in place.ancestors:
        if isinstance(around, FunctionDef):
            return False
        if isinstance(around, If) and isinstance(around.test, Name) and inner in around.body:
            given = _given(place.function, around.test.text, call)
            if isinstance(given, Constant) and given.text in ("False", "None"):
                return True
        inner = around
    return False


def _given(function: FunctionDef | None, name: str, call: Call) -> Node | None:
    """What a parameter is given by a call, or has for a default."""
    param = None if function is None else function.param(name)
    if function is None or param is None or any(not one.name for one in call.keywords):
        return None
    given = function.argument(call, name)
    return param.default if given is None else given


def _is_kin(project: Project, one: ClassDef, other: ClassDef) -> bool:
    """Whether one of two mapped classes inherits from the other, so that the name means the same relationship."""
    return one is other or any(
        base.inner.definition is last for first, last in ((one, other), (other, one)) for base in project.bases(first)
    )
