"""Where code gives columns values, and where it reads them: by the names of the columns; judges neither."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from forge_doctor.code.orm.statements import sql_of
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, Dict, Keyword, Name, Node, Str
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.text.called_names import places_behind_dot

WRITING = ("insert", "update")
TAKING = ("values", "set_")


class Given(NamedTuple):
    """A column, the value it is given, and the place to tell it at."""

    model: Model
    column: str
    value: Node
    place: Node


def given_to_columns(
    file: SourceFile, project: Project, names: Iterable[str], is_wanted: Callable[[Node], bool]
) -> Iterator[Given]:
    """`Order(paid_at=x)`, `order.paid_at = x`, `update(Order).values(paid_at=x)`, in the order of the text, where the value
    is wanted: to ask which model it is for costs more."""
    for name in sorted(one for one in names if one.encode() in file.words):
        for node in by_keyword(file, name):
            model = _model_filled(project, node.parent) if is_wanted(node.value) else None
            if model is not None and name in model.columns:
                yield Given(model, name, node.value, node)
        for read in read_of_something(file, name):
            assign = read.parent
            is_target = isinstance(assign, Assign) and assign.target is read and not assign.is_augmented
            value = assign.value if isinstance(assign, Assign) and is_target else None
            model = None if value is None or not is_wanted(value) else instance_of(project, read.value)
            if value is not None and model is not None and name in model.columns:
                yield Given(model, name, value, read)
        for key, value in _in_dicts(file, name):
            model = _model_filled(project, _taker(key)) if is_wanted(value) else None
            if model is not None and name in model.columns:
                yield Given(model, name, value, key)


def by_keyword(file: SourceFile, name: str) -> Iterator[Keyword]:
    """Each `name=...` of a call."""
    for match in re.finditer(rb"(?<![\w.])%s[ \t]{0,9}=(?!=)" % re.escape(name.encode()), file.data):
        node = file.node_at(match.start())
        if node is not None and isinstance(node.parent, Keyword) and node.parent.name == name:
            yield node.parent


def read_of_something(file: SourceFile, name: str, within: Node | None = None) -> Iterator[Attribute]:
    """Each `something.name`, be it read or assigned."""
    begin, end = (0, len(file.data)) if within is None else (within.start, within.end)
    for start in places_behind_dot(file.data, name.encode(), begin, end):
        node = file.node_at(start)
        read = node.parent if isinstance(node, Name) else None
        if isinstance(read, Attribute) and read.attr_node is node:
            yield read


def instance_of(project: Project, node: Node) -> Model | None:
    """The model of an object: not of a class."""
    return None if project.value_of(node).kind is Kind.CLASS else project.model_of(node)


def _in_dicts(file: SourceFile, name: str) -> Iterator[tuple[Node, Node]]:
    for match in re.finditer(rb"[\"']%s[\"'][ \t]{0,9}:" % re.escape(name.encode()), file.data):
        node = file.node_at(match.start())
        around = node
        while around is not None and not isinstance(around, Dict | Call):
            around = around.parent
        for key, value in around.items if isinstance(around, Dict) else ():
            if isinstance(key, Str) and key.start == match.start():
                yield key, value


def _taker(node: Node) -> Node | None:
    """The call that is given a dict."""
    around: Node | None = node
    while around is not None and not isinstance(around, Dict):
        around = around.parent
    given = None if around is None else around.parent
    if isinstance(given, Keyword):
        return given.parent if given.name in TAKING else None
    return given if isinstance(given, Call) and given.method in TAKING else None


def _model_filled(project: Project, call: Node | None) -> Model | None:
    """The model whose columns a call is given: its own, or those of the statement that it belongs to."""
    if not isinstance(call, Call):
        return None
    if call.method in (*TAKING, "on_conflict_do_update") and call.receiver is not None:
        sql = sql_of(project, call.receiver)
        entity = sql.entities[0] if sql.verb in WRITING and len(sql.entities) == 1 else None
        return None if entity is None else project.model_of(entity)
    return project.model_of(call.func) if project.value_of(call.func).kind is Kind.CLASS else None
