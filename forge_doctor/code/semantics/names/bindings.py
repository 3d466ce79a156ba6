"""Which names a statement binds, and how; knows no scope, and follows no import."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from forge_doctor.code.syntax.nodes import (
    Assign,
    ClassDef,
    ComprehensionFor,
    Except,
    For,
    FunctionDef,
    NamedExpr,
    Node,
    Sequence,
    Starred,
    TypeAlias,
    WithItem,
)


class How(Enum):
    """How a name came to be bound."""

    PARAM = auto()
    ASSIGN = auto()
    WITH = auto()
    FOR = auto()
    EXCEPT = auto()
    IMPORT = auto()
    FUNCTION = auto()
    CLASS = auto()
    TYPE_ALIAS = auto()


class Binding(NamedTuple):
    """One binding of a name.

    `node` is what binds (the `Assign`, `WithItem`, `For`, `FunctionDef`, `Param` or plain `Name` of a
    parameter); `path` leads to the part of an unpacked value (`(1,)` for b in `a, b = f()`).
    For imports `module` is the dotted module (leading dots kept) and `imported` the name taken from
    it: empty for the module itself.
    """

    name: str
    how: How
    node: Node
    path: tuple[int, ...] = ()
    module: str = ""
    imported: str = ""

    @property
    def start(self) -> int:
        """Where it is bound."""
        return self.node.start

    @property
    def is_overload(self) -> bool:
        """Whether it is nothing but a type of the calls of a function (`@overload`)."""
        return self.how is How.FUNCTION and isinstance(self.node, FunctionDef) and self.node.decorated_by("overload")


def bindings_of(node: Node) -> Iterator[Binding]:  # noqa: C901 - one line a statement
    """The names a statement or clause binds; `*` for a star import."""
    if isinstance(node, FunctionDef):
        yield Binding(name=node.name, how=How.FUNCTION, node=node)
    elif isinstance(node, ClassDef):
        yield Binding(name=node.name, how=How.CLASS, node=node)
    elif isinstance(node, Assign):
        for target in node.targets:
            yield from _bound_target(target, How.ASSIGN, node)
    elif isinstance(node, NamedExpr):
        yield from _bound_target(node.target, How.ASSIGN, node)
    elif isinstance(node, For | ComprehensionFor):
        yield from _bound_target(node.target, How.FOR, node)
    elif isinstance(node, WithItem):
        if node.target is not None:
            yield from _bound_target(node.target, How.WITH, node)
    elif isinstance(node, Except):
        yield from _bound_exception(node)
    elif isinstance(node, TypeAlias):
        left = node.raw.child_by_field_name("left")
        name = "" if left is None else node.file.text_of(left).partition("[")[0]
        yield Binding(name=name, how=How.TYPE_ALIAS, node=node)
    else:
        yield from imports(node)


def _bound_target(target: Node, how: How, node: Node, path: tuple[int, ...] = ()) -> Iterator[Binding]:
    if isinstance(target, Sequence):
        for index, part in enumerate(target.elts):
            yield from _bound_target(part, how, node, (*path, index))
    elif isinstance(target, Starred):
        yield from _bound_target(target.value, how, node, (*path, -1))
    elif target.raw.type == "identifier":
        yield Binding(name=target.text, how=how, node=node, path=path)


def _bound_exception(node: Except) -> Iterator[Binding]:
    value = node.raw.child_by_field_name("value")
    alias = None if value is None or value.type != "as_pattern" else value.child_by_field_name("alias")
    if alias is not None:
        yield Binding(name=node.file.text_of(alias), how=How.EXCEPT, node=node)


def imports(node: Node) -> Iterator[Binding]:
    """The names an import statement binds; `*` for a star import."""
    names = [node.file.node(raw) for raw in node.raw.children_by_field_name("name")]
    if node.raw.type == "import_statement":
        for one in names:
            dotted, alias = _alias(one)
            if alias:
                yield Binding(name=alias, how=How.IMPORT, node=node, module=dotted)
            else:
                yield Binding(name=dotted.partition(".")[0], how=How.IMPORT, node=node, module=dotted.partition(".")[0])
        return
    source = node.raw.child_by_field_name("module_name")
    module = "" if source is None else node.file.text_of(source).replace(" ", "")
    if any(child.type == "wildcard_import" for child in node.raw.named_children):
        yield Binding(name="*", how=How.IMPORT, node=node, module=module)
    for one in names:
        name, alias = _alias(one)
        yield Binding(name=alias or name, how=How.IMPORT, node=node, module=module, imported=name)


def _alias(node: Node) -> tuple[str, str]:
    if node.raw.type != "aliased_import":
        return node.text, ""
    name, alias = node.raw.child_by_field_name("name"), node.raw.child_by_field_name("alias")
    return (
        "" if name is None else node.file.text_of(name),
        "" if alias is None else node.file.text_of(alias),
    )
