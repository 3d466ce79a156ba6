"""The syntax tree as rules read it: nodes named and shaped as in `ast`, made only where somebody looks.

They wrap tree-sitter's nodes: any Python version's syntax, exact ranges, no conversion of the whole
tree. What `ast` has no node for (parentheses, blocks, argument lists, decorated definitions) is
passed over in both directions. It decides nothing about meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

if TYPE_CHECKING:
    import tree_sitter as ts

    from forge_doctor.lint.nodes.definitions import ClassDef, FunctionDef, Lambda, Module
    from forge_doctor.lint.source import SourceFile

N = TypeVar("N", bound="Node")
CLASSES: dict[str, type[Node]] = {}  # by the grammar's type
SCOPES = frozenset({"function_definition", "class_definition", "lambda"})
# Nodes of the grammar that `ast` has none for: with one thing inside they stand for it.
SINGLE = frozenset({"parenthesized_expression", "type", "as_pattern_target", "decorated_definition"})
GROUPS = frozenset(
    {"block", "argument_list", "with_clause", "as_pattern", "parameters", "lambda_parameters", "type_parameter",
     "interpolation", "case_clause", "format_specifier", "format_expression", "decorator"}
)  # fmt: skip
SKIPPED = frozenset({"comment", "line_continuation", "positional_separator", "keyword_separator"})


class Node:
    """Any piece of syntax. Nodes are the same object each time they are asked for: compare with `is`."""

    __slots__ = ("_parent", "file", "raw")
    types: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Being a class with `types` is the registration."""
        for name in cls.__dict__.get("types", ()):
            CLASSES[name] = cls

    def __init__(self, raw: ts.Node, file: SourceFile) -> None:
        self.raw = raw
        self.file = file
        self._parent: Node | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.file.path}:{self.line}: {self.text[:40]!r}>"

    @property
    def text(self) -> str:
        """The source of this node."""
        return self.file.data[self.raw.start_byte : self.raw.end_byte].decode("utf-8", "replace")

    @property
    def line(self) -> int:
        """Counts from 1."""
        return int(self.raw.start_point[0]) + 1

    @property
    def start(self) -> int:
        """Offset of the first byte in `file.data`: nodes compare by place with it."""
        return int(self.raw.start_byte)

    @property
    def end(self) -> int:
        """Offset behind the last byte."""
        return int(self.raw.end_byte)

    @property
    def parent(self) -> Node | None:
        """The node around this one (parentheses and blocks passed over); None for the module."""
        if self._parent is None:
            raw = self.raw.parent
            while raw is not None and _passed_over(raw):
                raw = raw.parent
            if raw is None:
                return None
            self._parent = self.file.node(raw)
        return self._parent

    @property
    def ancestors(self) -> Iterator[Node]:
        """The parent, its parent, and so on up to the module."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def enclosing(self, kind: type[N]) -> N | None:
        """The nearest node of that kind around this one."""
        return next((node for node in self.ancestors if isinstance(node, kind)), None)

    @property
    def function(self) -> FunctionDef | None:
        """The `def` or `async def` this belongs to (a lambda is none); decorators and defaults belong outside."""
        inner: Node = self
        for node in self.ancestors:
            if node.raw.type == "function_definition" and _is_in_body(node.raw, inner.raw):
                return cast("FunctionDef", node)
            inner = node
        return None

    @property
    def owner(self) -> FunctionDef | Lambda | ClassDef | Module:
        """The scope this belongs to."""
        inner: Node = self
        for node in self.ancestors:
            if node.raw.type in SCOPES and _is_in_body(node.raw, inner.raw):
                return cast("FunctionDef | ClassDef | Lambda", node)
            inner = node
        return self.file.module

    @property
    def class_(self) -> ClassDef | None:
        """The class whose method or body this is in, through nested functions."""
        return next((cast("ClassDef", one) for one in self.ancestors if one.raw.type == "class_definition"), None)

    @property
    def statement(self) -> Node:
        """The statement this is in (or is)."""
        node: Node = self
        while not isinstance(node, Statement) and node.parent is not None:
            node = node.parent
        return node

    def contains(self, other: Node) -> bool:
        """Whether `other` lies inside (or is) this node of the same file."""
        return self.file is other.file and self.raw.start_byte <= other.raw.start_byte <= other.raw.end_byte <= self.end

    def find(self, kind: type[N], *, nested: bool = True) -> Iterator[N]:
        """The nodes of a kind inside this one, in order; with `nested=False` not those in functions
        and lambdas that are defined inside it."""
        for node in self.file.query(kind, self):
            if node is not self and (nested or not _crosses_function(node, self)):
                yield node

    @property
    def children(self) -> tuple[Node, ...]:
        """The nodes directly inside, in order, comments left out."""
        return tuple(self.file.node(raw) for raw in flat(self.raw))

    def _field(self, name: str) -> Node | None:
        raw = self.raw.child_by_field_name(name)
        return None if raw is None else self.file.node(raw)

    def _need(self, name: str) -> Node:
        return self._field(name) or self

    def _body(self, name: str = "body") -> tuple[Node, ...]:
        raw = self.raw.child_by_field_name(name)
        return () if raw is None else tuple(self.file.node(child) for child in flat(raw))

    def _has_token(self, token: str) -> bool:
        return any(child.type == token for child in self.raw.children[:2])


class Statement(Node):
    """Base of what stands on a line of its own."""

    __slots__ = ()


def types_of(kind: type[Node]) -> tuple[str, ...]:
    """The grammar's types of a class and its subclasses."""
    return tuple(name for name, cls in CLASSES.items() if issubclass(cls, kind))


def unwrapped(raw: ts.Node) -> ts.Node:
    """The node itself, out of its parentheses and other wrappers that mean nothing."""
    while raw.type in SINGLE or _is_wrapped_assignment(raw):
        inner = [child for child in raw.named_children if child.type not in SKIPPED and child.type != "decorator"]
        if len(inner) != 1:
            return raw
        raw = inner[0]
    return raw


def _is_wrapped_assignment(raw: ts.Node) -> bool:
    return bool(
        raw.type == "expression_statement"
        and raw.named_child_count
        and raw.named_children[0].type in ("assignment", "augmented_assignment")
    )


def _passed_over(raw: ts.Node) -> bool:
    return raw.type in SINGLE or raw.type in GROUPS or _is_wrapped_assignment(raw)


def flat(raw: ts.Node) -> Iterator[ts.Node]:
    """The nodes right inside, groups and comments passed over, each out of its wrappers."""
    for child in raw.named_children:
        if child.type in GROUPS:
            yield from flat(child)
        elif child.type not in SKIPPED:
            yield unwrapped(child)


def _crosses_function(node: Node, outer: Node) -> bool:
    for around in node.ancestors:
        if around is outer:
            return False
        if around.raw.type in ("function_definition", "lambda"):
            return True
    return False


def _is_in_body(scope: ts.Node, inner: ts.Node) -> bool:
    body = scope.child_by_field_name("body")
    return body is not None and body.start_byte <= inner.start_byte and inner.end_byte <= body.end_byte
