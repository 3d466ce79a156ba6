"""Which names a statement binds, and how; knows no scope, and follows no import."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

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

if TYPE_CHECKING:
    import tree_sitter as ts


class How(Enum):
    """How a name came to be bound."""

    PARAM = auto()
    ASSIGN = auto()
    WITH = auto()
    FOR = auto()
    EXCEPT = auto()
    MATCH = auto()
    IMPORT = auto()
    FUNCTION = auto()
    CLASS = auto()
    TYPE_ALIAS = auto()


class Binding(NamedTuple):
    """One binding of a name.

    `node` is what binds (the `Assign`, `WithItem`, `For`, `FunctionDef`, `Param` or plain `Name` of a
    parameter); `path` leads to the part of an unpacked value (`(1,)` for b in `a, b = f()`).
    Of a pattern it is the whole `case`.
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
    elif node.raw.type == "case_clause":
        for name in dict.fromkeys(name for name, _ in captured(node)):
            yield Binding(name=name, how=How.MATCH, node=node)
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


def captured(clause: Node) -> Iterator[tuple[str, Node | None]]:
    """The names that the patterns of a `case` bind, each with the class it then is surely an object of: `Repo() as name`."""
    stack = [one for one in clause.raw.named_children if one.type == "case_pattern"]
    while stack:
        raw = stack.pop()
        inner = raw.named_children
        if raw.type == "as_pattern" and len(inner) > 1:
            yield clause.file.text_of(inner[-1]), _class_of_pattern(clause, inner[0])
        elif raw.type in ("case_pattern", "keyword_pattern", "union_pattern", "splat_pattern"):
            # `case name:`, `field=name`, `*rest`; a dotted name is a value to compare with.
            for one in inner[1:] if raw.type == "keyword_pattern" else inner:
                is_name = one.type == "identifier" or (one.type == "dotted_name" and len(one.named_children) == 1)
                if is_name:
                    yield clause.file.text_of(one), None
        stack += [one for one in inner if one.type not in ("dotted_name", "identifier")]


def _class_of_pattern(clause: Node, pattern: ts.Node) -> Node | None:
    one = pattern.named_children[0] if len(pattern.named_children) == 1 else None
    if one is not None and one.type == "keyword_pattern":  # `field=Repo() as name`
        one = one.named_children[-1]
    named = one.named_children[0] if one is not None and one.type == "class_pattern" and one.named_children else None
    return None if named is None or len(named.named_children) != 1 else clause.file.node(named.named_children[0])


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
