"""Statements the mapper makes by itself: loading by key, lazy relationships, rows of objects made, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.orm.origins.references import Names
from forge_doctor.code.orm.origins.tables import Mapped
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, FunctionDef, Node
from forge_doctor.sql.shape import Shape

GETTERS = ("get", "get_one", "get_or_404")
KEYS = frozenset({"id", "uuid", "pk", "uid"})
# Columns a mapper fills by itself: nobody assigns them.
FILLED = frozenset({"updated_at", "modified_at", "created_at", "version", "version_id", "last_modified"})


class ObjectSite(NamedTuple):
    """A line whose object's statement it may be; `rank` 0 for what says the most."""

    node: Node
    rank: int
    why: str


def object_sites(names: Names, shape: Shape, mapped: tuple[Mapped, ...]) -> Iterator[ObjectSite]:
    """The lines of a file that may lead the mapper to this statement; `mapped` are the classes of its table."""
    own = tuple(one for one in mapped if one.table == shape.tables[0] or not one.table)
    if shape.verb == "select" and shape.labelled and not shape.order:
        yield from _loads(names, shape, own)
    elif shape.verb == "insert":
        yield from _made(names, shape, own)
    elif shape.verb == "update" and shape.where and all(_is_key(one, own) for one in shape.where):
        yield from _changed(names, shape, own)
    elif shape.verb == "delete" and all(_is_key(one, own) for one in shape.where):
        for call in names.file.calls("delete"):
            if call.receiver is not None and len(call.args) == 1 and not names.mapped(call.args[0]):
                yield ObjectSite(call, 2, "deletes an object")


def _loads(names: Names, shape: Shape, own: tuple[Mapped, ...]) -> Iterator[ObjectSite]:
    by_key = all(_is_key(one, own) for one in shape.where)
    locks = "for update" in shape.flags
    for call in names.file.calls(*GETTERS) if by_key or shape.is_cut else ():
        named = {one.name for one in names.mapped(call.args[0])} if call.args else set()
        if named & {one.name for one in own} and (call.keyword("with_for_update") is not None) == locks:
            yield ObjectSite(call, 0, "loads this row by its key")
    if locks:
        return
    leading = {name for name, target in _relationships(names) if target in {one.name for one in own}}
    for attribute in names.file.query(Attribute) if leading else ():
        if attribute.attr in leading and not names.mapped(attribute.value) and not _is_called(attribute):
            yield ObjectSite(attribute, 1, "reads a relationship that loads this")


def _relationships(names: Names) -> Iterator[tuple[str, str]]:
    for one in names.tables.every():
        yield from ((name, target.rpartition(".")[2]) for name, target in one.relationships.items())


def _is_called(attribute: Attribute) -> bool:
    around = attribute.parent
    return isinstance(around, Call) and around.func is attribute


def _made(names: Names, shape: Shape, own: tuple[Mapped, ...]) -> Iterator[ObjectSite]:
    """`Order(product_id=1)`: sent when its session is flushed."""
    for one in own:
        for call in names.file.calls(one.name):
            given = {one.columns.get(keyword.name, "") for keyword in call.keywords if keyword.name}
            spread = any(not keyword.name for keyword in call.keywords) or bool(call.args)
            if (given - {""}) <= shape.sets and (given - {""} or spread):
                yield ObjectSite(call, 1 if spread else 0, "makes the row this inserts")


def _changed(names: Names, shape: Shape, own: tuple[Mapped, ...]) -> Iterator[ObjectSite]:
    """Functions that assign every column this sets."""
    wanted = {
        one: {attribute for attribute, column in one.columns.items() if column in shape.sets - one.updated - FILLED}
        for one in own
    }
    for function in names.file.query(FunctionDef):
        assigned: dict[str, Assign] = {}
        for assign in function.find(Assign, nested=False):
            if isinstance(assign.target, Attribute):
                assigned.setdefault(assign.target.attr, assign)
        for attributes in wanted.values():
            if attributes and attributes <= assigned.keys():
                first = min((assigned[name] for name in attributes), key=lambda one: one.start)
                yield ObjectSite(first, 0 if len(attributes) > 1 else 1, "sets what this updates")


def _is_key(column: str, own: tuple[Mapped, ...]) -> bool:
    name = column.rpartition(".")[2]
    keys = frozenset().union(*(one.key for one in own))
    return name in (keys or KEYS)
