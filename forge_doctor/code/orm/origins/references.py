"""Columns an expression names, and what else it says that ends up in a statement; follows no call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.orm.origins.tables import Mapped, Tables
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    BinOp,
    Call,
    FunctionDef,
    Import,
    ImportFrom,
    Lambda,
    Name,
    NamedExpr,
    Node,
    Starred,
    Str,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex

RENAMED = regex(rb"\b(\w+)[ \t]+as[ \t]+(\w+)")
# What stands for any table: a class known only when the code runs (`self.model`).
ANY = "*"
FUNCTIONS = frozenset({"func", "function", "functions"})
DEPTH = 4
JOINING = frozenset({"and_", "or_", "not_", "desc", "asc", "nulls_last", "nulls_first", "distinct", "label"})


class Reference(NamedTuple):
    """`Order.status` as the table's column; `table` is `*` where the class is not known. `is_sure` where the column
    is one of the class's; a hybrid, a relationship or what a library's base brings is none."""

    table: str
    column: str
    is_sure: bool = True

    @property
    def text(self) -> str:
        """`orders.status`."""
        return f"{self.table}.{self.column}"


class Names:
    """What the names of a file stand for, as far as tables go."""

    def __init__(self, file: SourceFile, tables: Tables) -> None:
        self.file = file
        self.tables = tables
        self._renamed = {new.decode(): old.decode() for old, new in RENAMED.findall(file.data)}
        self._assigned: dict[Node, dict[str, list[Node]]] = {}
        self._aliases: dict[tuple[FunctionDef | None, str], tuple[Mapped, ...]] = {}

    def mapped(self, node: Node) -> tuple[Mapped, ...]:
        """The classes or tables an expression names: `Order`, `models.Order`, an `aliased(Order)`, `orders.c`."""
        if isinstance(node, Attribute):
            if node.attr in ("c", "columns"):
                return self.mapped(node.value)
            return self.tables.named(node.attr) if isinstance(node.value, Name) else ()
        if not isinstance(node, Name):
            return ()
        name = self._renamed.get(node.id, node.id)
        if name == "cls":
            around = node.class_
            return self.tables.named(around.name) if around is not None else ()
        return self.tables.named(name) or self._aliased(node)

    def _aliased(self, name: Name) -> tuple[Mapped, ...]:
        key = (name.function, name.id)
        if key not in self._aliases:
            self._aliases[key] = ()
            value = self.local(name)
            if isinstance(value, Call) and value.method in ("aliased", "alias") and (value.args or value.receiver):
                inner = value.args[0] if value.args else value.receiver
                self._aliases[key] = self.mapped(inner) if inner is not None else ()
        return self._aliases[key]

    def local(self, name: Name) -> Node | None:
        """What the only assignment in its function gives a name."""
        around: Node = name.function or self.file.module
        known = self._assigned.get(around)
        if known is None:
            known = self._assigned[around] = {}
            for target, value in _assignments(around):
                known.setdefault(target, []).append(value)
        found = known.get(name.id, ())
        return found[0] if len(found) == 1 else None

    def references(self, node: Node, generic: str = "", depth: int = 0) -> Iterator[Reference]:
        """The columns an expression names; `generic` is how the code writes the class it does not know."""
        attributes = [node] if isinstance(node, Attribute) else []
        for one in (*attributes, *node.find(Attribute)):
            if isinstance(one.parent, Attribute) and one.attr in ("c", "columns"):
                continue
            yield from self._reference(one, generic)
        if depth < DEPTH:
            for name in _standing_alone(node):
                value = self.local(name) if not self.mapped(name) and name.function is not None else None
                if value is not None and not value.contains(name) and not _is_statement(value):
                    yield from self.references(value, generic, depth + 1)

    def _reference(self, one: Attribute, generic: str) -> Iterator[Reference]:
        for mapped in self.mapped(one.value):
            column = mapped.columns.get(one.attr)
            yield Reference(mapped.table or mapped.name, column or one.attr, column is not None)
        if generic and one.value.text == generic:
            yield Reference(ANY, one.attr)

    def functions(self, node: Node) -> Iterator[str]:
        """`func.count(...)` and the like, as they are called in SQL."""
        calls = [node] if isinstance(node, Call) else []
        for call in (*calls, *node.find(Call)):
            receiver = call.receiver
            name = receiver.text.rpartition(".")[2] if isinstance(receiver, Name | Attribute) else ""
            if self._renamed.get(name, name) in FUNCTIONS:
                yield call.method.lower()

    def relationship_target(self, node: Node) -> tuple[Mapped, ...]:
        """The class behind `Order.product`."""
        if not isinstance(node, Attribute):
            return ()
        targets = {
            mapped.relationships[node.attr] for mapped in self.mapped(node.value) if node.attr in mapped.relationships
        }
        return tuple(one for target in targets for one in self.tables.named(target.rpartition(".")[2]))


def _assignments(around: Node) -> Iterator[tuple[str, Node]]:
    for assign in around.find(Assign):
        if isinstance(assign.target, Name) and assign.value is not None:
            yield assign.target.id, assign.value
    for named in around.find(NamedExpr):
        if isinstance(named.target, Name):
            yield named.target.id, named.value


def _standing_alone(node: Node) -> Iterator[Name]:
    """Names that are a whole condition (`where(condition)`, `and_(*conditions)`), not a value compared with."""
    if isinstance(node, Name):
        yield node
    elif isinstance(node, Starred):
        yield from _standing_alone(node.value)
    elif isinstance(node, BinOp):
        yield from _standing_alone(node.left)
        yield from _standing_alone(node.right)
    elif isinstance(node, Call) and node.method in JOINING:
        for one in node.args:
            yield from _standing_alone(one)


def _is_statement(value: Node) -> bool:
    """Whether it is one of its own (a subquery): what it names is not said where it is used."""
    if isinstance(value, Await) or any(True for _ in value.find(Await)):
        return True
    return isinstance(value, Call) and any(
        one.method in ("select", "subquery", "cte", "execute", "scalars", "scalar")
        for one in (value, *value.find(Call))
    )


def is_plain(node: Node) -> bool:
    """Whether nothing in an expression is known only when the code runs."""
    return not any(node.find(Lambda)) and not isinstance(node, Import | ImportFrom | Str)
