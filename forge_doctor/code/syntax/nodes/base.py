"""The syntax tree as rules read it: nodes named and shaped as in `ast`, made only where somebody looks.

They wrap tree-sitter's nodes: any Python version's syntax, exact ranges, no conversion of the whole
tree. What `ast` has no node for (parentheses, blocks, argument lists, decorated definitions) is
passed over in both directions. It decides nothing about meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from forge_doctor.code.syntax.nodes.once import once
from forge_doctor.code.syntax.work import WORK

if TYPE_CHECKING:
    import tree_sitter as ts

    from forge_doctor.code.syntax.nodes.definitions import ClassDef, FunctionDef, Lambda, Module
    from forge_doctor.code.syntax.source import SourceFile

N = TypeVar("N", bound="Node")
T = TypeVar("T")
CLASSES: dict[str, type[Node]] = {}  # by the grammar's type
TYPES: dict[type[Node], tuple[str, ...]] = {}  # the other way round, as asked for
# Nodes of the grammar that `ast` has none for: with one thing inside they stand for it.
SINGLE = frozenset({"parenthesized_expression", "type", "as_pattern_target", "decorated_definition"})
GROUPS = frozenset(
    {"block", "argument_list", "with_clause", "as_pattern", "parameters", "lambda_parameters", "type_parameter",
     "interpolation", "case_clause", "format_specifier", "format_expression", "decorator"}
)  # fmt: skip
PASSED_OVER = SINGLE | GROUPS
# With the statement that an assignment stands in.
WRAPPERS = SINGLE | {"expression_statement"}
MAY_BE_PASSED_OVER = PASSED_OVER | WRAPPERS
NO_FIELDS: dict[str, Any] = {}  # of most nodes nothing is ever asked
SKIPPED = frozenset({"comment", "line_continuation", "positional_separator", "keyword_separator"})


class Node:
    """Any piece of syntax. Nodes are the same object each time they are asked for: compare with `is`."""

    __slots__ = ("_fields", "_owner", "_parent", "file", "raw")
    types: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Being a class with `types` is the registration."""
        for name in cls.__dict__.get("types", ()):
            CLASSES[name] = cls

    def __init__(self, raw: ts.Node, file: SourceFile) -> None:
        self.raw = raw
        self.file = file
        self._parent: Node | None = None
        self._owner: FunctionDef | Lambda | ClassDef | Module | None = None
        self._fields = NO_FIELDS  # what was asked for, by name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.file.path}:{self.line}: {self.text[:40]!r}>"

    @property
    def text(self) -> str:
        """The source of this node."""
        WORK.left -= 1
        if WORK.left < 0:
            WORK.refuse()
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
            while raw is not None and raw.type in MAY_BE_PASSED_OVER and _wraps(raw, PASSED_OVER):
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

    @once
    def function(self) -> FunctionDef | None:
        """The `def` or `async def` this belongs to (a lambda is none); decorators and defaults belong outside."""
        scope: Node = self.owner
        while scope.raw.type in ("class_definition", "lambda"):
            scope = scope.owner
        return cast("FunctionDef", scope) if scope.raw.type == "function_definition" else None

    @property
    def owner(self) -> FunctionDef | Lambda | ClassDef | Module:
        """The scope this belongs to."""
        owner = self._owner
        if owner is None:
            file = self.file
            raw = file.bodies.of(self.raw.start_byte)
            owner = file.module if raw is None else cast("FunctionDef | ClassDef | Lambda", file.node(raw))
            self._owner = owner
        return owner

    @property
    def class_(self) -> ClassDef | None:
        """The class whose method or body this is in, through nested functions."""
        return next((cast("ClassDef", one) for one in self.ancestors if one.raw.type == "class_definition"), None)

    @once
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
        and lambdas that are defined inside it. Of a function they are kept: every rule asks again."""
        if self.raw.type != "function_definition":
            return self._find(kind, nested)
        key = f"{kind.__name__} {nested}"
        found: tuple[N, ...] | None = self._fields.get(key)
        if found is None:
            found = self._keep(key, tuple(self._find(kind, nested)))
        return iter(found)

    def _find(self, kind: type[N], nested: bool) -> Iterator[N]:
        inner = () if nested else self._functions_inside()
        behind = 0
        for node in self.file.query(kind, self):
            while behind < len(inner) and inner[behind][1] <= node.start:
                behind += 1
            is_inside = behind < len(inner) and inner[behind][0] <= node.start
            if node is not self and not is_inside:
                yield node

    def _functions_inside(self) -> tuple[tuple[int, int], ...]:
        """From behind the first byte to the end of every function and lambda right inside, in order of the text: what
        starts there is theirs."""
        data, start = self.file.data, self.start + 1
        if self.raw.type == "function_definition":
            start = data.find(b"def", start - 1) + 1
        if data.find(b"def", start, self.end) < 0 and data.find(b"lambda", start, self.end) < 0:
            return ()
        raws = self.file.nodes_by_type.of(("function_definition", "lambda"), self.raw)
        found: list[tuple[int, int]] = []
        for raw in raws:
            if raw.id != self.raw.id and (not found or raw.start_byte >= found[-1][1]):
                found.append((raw.start_byte + 1, raw.end_byte))
        return tuple(found)

    @property
    def children(self) -> tuple[Node, ...]:
        """The nodes directly inside, in order, comments left out."""
        found: tuple[Node, ...] | None = self._fields.get("/")
        if found is None:
            node = self.file.node
            found = self._keep("/", tuple([node(raw) for raw in flat(self.raw)]))
        return found

    def _keep(self, name: str, value: T) -> T:
        if self._fields is NO_FIELDS:
            self._fields = {}
        self._fields[name] = value
        return value

    def _field(self, name: str) -> Node | None:
        WORK.left -= 1
        if WORK.left < 0:
            WORK.refuse()
        if name in self._fields:
            found: Node | None = self._fields[name]
            return found
        raw = self.raw.child_by_field_name(name)
        return self._keep(name, None if raw is None else self.file.node(raw))

    def _need(self, name: str) -> Node:
        WORK.left -= 1
        if WORK.left < 0:
            WORK.refuse()
        found: Node | None = self._fields.get(name)
        return found or self._field(name) or self

    def _body(self, name: str = "body") -> tuple[Node, ...]:
        key = f"{name}/"
        found: tuple[Node, ...] | None = self._fields.get(key)
        if found is None:
            raw = self.raw.child_by_field_name(name)
            found = self._keep(key, () if raw is None else tuple(self.file.node(child) for child in flat(raw)))
        return found

    def _has_token(self, token: str) -> bool:
        return any(child.type == token for child in self.raw.children[:2])


def forget(nodes: Iterable[Node]) -> None:
    """Let each go of the nodes inside it, so that a file that is done with can leave the memory: what is around one
    leads to no circle then."""
    for node in nodes:
        if node._fields is not NO_FIELDS:
            node._fields = NO_FIELDS


class Statement(Node):
    """Base of what stands on a line of its own."""

    __slots__ = ()

    @property
    def body_start(self) -> int:
        """Offset at which the statements of a function, a loop, `with` or `try` begin; its end where a broken file has none."""
        body = self._body()
        return body[0].start if body else self.end


def types_of(kind: type[Node]) -> tuple[str, ...]:
    """The grammar's types of a class and its subclasses; all of them are there once the package is imported."""
    known = TYPES.get(kind)
    if known is None:
        known = TYPES[kind] = tuple(name for name, cls in CLASSES.items() if issubclass(cls, kind))
    return known


def unwrapped(raw: ts.Node) -> ts.Node:
    """The node itself, out of its parentheses and other wrappers that mean nothing."""
    while _wraps(raw, SINGLE):
        inner = [child for child in raw.named_children if child.type not in SKIPPED and child.type != "decorator"]
        if len(inner) != 1:
            return raw
        raw = inner[0]
    return raw


def _wraps(raw: ts.Node, kinds: frozenset[str]) -> bool:
    """Whether a node is of those kinds, or the statement an assignment stands in."""
    kind = raw.type
    if kind != "expression_statement":
        return kind in kinds
    first = raw.named_child(0)
    return first is not None and first.type in ("assignment", "augmented_assignment")


def flat(raw: ts.Node) -> Iterator[ts.Node]:
    """The nodes right inside, groups and comments passed over, each out of its wrappers."""
    for child in raw.named_children:
        if child.type in GROUPS:
            yield from flat(child)
        elif child.type not in SKIPPED:
            yield unwrapped(child)
