"""Statements the mapper makes by itself: loading by key, lazy relationships, rows of objects made, changed, deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.orm.origins.references import Names
from forge_doctor.code.orm.origins.tables import Mapped
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, FunctionDef, Node, Str
from forge_doctor.sql.shape import Shape

GETTERS = ("get", "get_one", "get_or_404")
VALIDATING = ("model_validate", "from_orm", "parse_obj", "model_construct")
WHOLE = 0.6
MAY = "may"
# Names of a class that is known only when the code runs: `self.model(**values)` of a repository for all of them.
GENERIC_MAKERS = (
    "model",
    "_model",
    "model_class",
    "model_cls",
    "model_type",
    "_model_class",
    "cls",
    "klass",
    "entity_class",
)
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
    if shape.verb == "select":
        yield from _loads(names, shape, own)
    elif shape.verb == "insert" and "on conflict" not in shape.flags:
        yield from _made(names, shape, own)
    elif shape.verb == "update" and shape.where and all(_is_key(one, own) for one in shape.where):
        yield from _changed(names, shape, own)
        yield from _set_at_once(names)
    elif shape.verb == "delete" and all(_is_key(one, own) for one in shape.where):
        for call in names.file.calls("delete"):
            # `@router.delete("/notes/{id}")` deletes no object.
            is_object = len(call.args) == 1 and not isinstance(call.args[0], Str) and not names.mapped(call.args[0])
            if call.receiver is not None and call.function is not None and is_object:
                yield ObjectSite(call, 2, "deletes an object")


def may_be_mapped(shape: Shape) -> bool:
    """Whether the mapper itself sends statements like this. Up to SQLAlchemy 2.0 it labels the columns of those that
    load; from 2.1 on it does not, and they look like any `select(Order).where(Order.id == x)`."""
    if shape.verb != "select":
        return shape.verb == "insert" or (shape.verb in ("update", "delete") and bool(shape.where) and not shape.lists)
    more = shape.order or shape.group or shape.functions or shape.flags & {"limit", "offset", "distinct", "exists"}
    return bool(shape.tables) and not more and not shape.is_cut and 0 < len(shape.where) <= 3


def _loads(names: Names, shape: Shape, own: tuple[Mapped, ...]) -> Iterator[ObjectSite]:
    by_key = all(_is_key(one, own) for one in shape.where) and _is_whole(shape, own)
    locks = "for update" in shape.flags
    for call in names.file.calls(*GETTERS) if by_key else ():
        named = {one.name for one in names.mapped(call.args[0])} if call.args else set()
        if named & {one.name for one in own} and (call.keyword("with_for_update") is not None) == locks:
            yield ObjectSite(call, 0, "loads this row by its key")
    for call in names.file.calls("refresh") if by_key and call_may_refresh(shape) else ():
        if call.receiver is not None and call.args and call.function is not None:
            yield ObjectSite(call, 1 if shape.labelled else 0, "loads an object's row again")


def call_may_refresh(shape: Shape) -> bool:
    """Whether `session.refresh(object)` sends this: the row by its key, locked or not."""
    return len(shape.tables) == 1 and not shape.lists and not shape.order


def relationship_reads(data: bytes, leading: frozenset[str]) -> list[int]:
    """Where a file's bytes read an attribute of one of these names: its offset. Told by the name alone."""
    found = [data.find(f".{name}".encode()) >= 0 for name in leading]
    if not any(found):
        return []
    names = "|".join(sorted(map(re.escape, leading)))
    return [one.start(1) for one in re.finditer(rf"[\w\])]\.({names})\b(?!\s*[(=]|\w)".encode(), data)]


def may_load_lazily(shape: Shape, mapped: tuple[Mapped, ...]) -> bool:
    """Whether reading a relationship may send this."""
    return shape.verb == "select" and "for update" not in shape.flags and _is_whole(shape, mapped)


def _is_whole(shape: Shape, own: tuple[Mapped, ...]) -> bool:
    """Whether it gives a row of the class: all of its columns, or nearly all where some are deferred."""
    given = {one.rpartition(".")[2] for one in shape.outputs}
    return any(one.columns and len(given & set(one.columns.values())) >= WHOLE * len(one.columns) for one in own)


def _made(names: Names, shape: Shape, own: tuple[Mapped, ...]) -> Iterator[ObjectSite]:
    """`Order(product_id=1)`: sent when its session is flushed."""
    for call in names.file.calls(*GENERIC_MAKERS) if not _is_association(shape) else ():
        spread = any(not keyword.name for keyword in call.keywords)
        if spread and call.function is not None and not (call.function.name == "__init__" or _is_unmapped(call, names)):
            yield ObjectSite(call, 0, f"{MAY} make the row this inserts")
    for one in own:
        for call in names.file.calls(one.name):
            given = {one.columns.get(keyword.name, "") for keyword in call.keywords if keyword.name}
            spread = any(not keyword.name for keyword in call.keywords) or bool(call.args)
            if (given - {""}) <= shape.sets and (given - {""} or spread):
                yield ObjectSite(call, 0, "makes the row this inserts")
        for call in names.file.calls(*VALIDATING):
            # SQLModel's `Order.model_validate(given)`.
            if call.receiver is not None and one in names.mapped(call.receiver) and call.function is not None:
                yield ObjectSite(call, 0, "makes the row this inserts")


def _changed(names: Names, shape: Shape, own: tuple[Mapped, ...]) -> Iterator[ObjectSite]:
    """Functions that assign every column this sets."""
    wanted = {
        one: {attribute for attribute, column in one.columns.items() if column in shape.sets - one.updated - FILLED}
        for one in own
    }
    for function in names.file.query(FunctionDef):
        assigned: dict[str, Node] = {}
        for assign in function.find(Assign, nested=False):
            if isinstance(assign.target, Attribute) and not _is_of_other(assign.target, names, own):
                assigned.setdefault(assign.target.attr, assign)
        for call in function.find(Call, nested=False):
            if (attribute := _set_by_name(call)) is not None:
                assigned.setdefault(attribute, call)
        for attributes in wanted.values():
            if attributes and attributes <= assigned.keys():
                first = min((assigned[name] for name in attributes), key=lambda one: one.start)
                yield ObjectSite(first, 0 if len(attributes) > 1 else 1, "sets what this updates")


def _set_at_once(names: Names) -> Iterator[ObjectSite]:
    """Objects that are given their new values by a loop or by a dict: which ones, only the run knows."""
    for call in names.file.calls("sqlmodel_update", "setattr"):
        if call.function is not None and call.args and _set_by_name(call) is None:
            yield ObjectSite(call, 1, f"{MAY} set what this updates")


def _set_by_name(call: Call) -> str | None:
    """`status` in `setattr(order, "status", new)`."""
    name = call.args[1] if call.method == "setattr" and len(call.args) > 1 else None
    return name.value if isinstance(name, Str) else None


def _is_association(shape: Shape) -> bool:
    """A row that ties two others: the mapper makes it for a relationship that is appended to."""
    return all(column.endswith("_id") or column in FILLED for column in shape.sets)


def _is_unmapped(call: Call, names: Names) -> bool:
    """`cls(**values)` in a class that is mapped to no table, and in no base of such: a schema, a setting."""
    around = call.class_
    return call.method == "cls" and around is not None and not names.tables.named(around.name)


def _is_of_other(target: Attribute, names: Names, own: tuple[Mapped, ...]) -> bool:
    """`self.title = ...` in a class that is mapped to another table."""
    around = target.class_
    if target.value.text != "self" or around is None:
        return False
    mapped = names.tables.named(around.name)
    return bool(mapped) and not {one.name for one in mapped} & {one.name for one in own}


def _is_key(column: str, own: tuple[Mapped, ...]) -> bool:
    name = column.rpartition(".")[2]
    keys = frozenset().union(*(one.key for one in own))
    return name in (keys or KEYS)
