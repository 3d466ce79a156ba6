"""One Python file: its bytes, its syntax tree (parsed when first asked for), places in it; runs nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from forge_doctor.check import Check
from forge_doctor.code.syntax.bodies import OWNERS, Bodies
from forge_doctor.code.syntax.grammar import alternatives, known_types, nodes_of, parser
from forge_doctor.code.syntax.nodes import (
    CLASSES,
    Attribute,
    Call,
    Comment,
    Module,
    Name,
    Node,
    types_of,
    unwrapped,
)
from forge_doctor.code.syntax.nodes.base import WRAPPERS, forget
from forge_doctor.code.syntax.nodes_by_type import KEPT, NodesByType
from forge_doctor.code.syntax.syntax_problem import TEMPLATE_ENGINE, SyntaxProblem, problem_in
from forge_doctor.code.syntax.text.called_names import is_behind_await, names_before_parentheses
from forge_doctor.code.syntax.text.line_places import LinePlaces
from forge_doctor.code.syntax.text.utf8 import as_utf8
from forge_doctor.code.syntax.text.vocabulary import Vocabulary
from forge_doctor.code.syntax.unparsed_parts import PartsLeftOut
from forge_doctor.finding import Confidence, Edit, Evidence, Finding, Location, Related, Severity

if TYPE_CHECKING:
    import tree_sitter as ts

N = TypeVar("N", bound=Node)
# What is known of a file by its tree, and by its words.
WORKED_OUT = (
    *("tree", "_left_out", "module", "comments", "nodes_by_type", "bodies"),
    *("_called_at", "names_called", "_vocabulary"),
)


class SourceFile:
    """A file as rules see it.

    `path` is how findings name it, `data` its text in UTF-8 without byte order mark; `problem` says
    why it could not be parsed (the rest of a broken file is still there to be read). `kept` is what
    rules have worked out of it for each other, by who did.
    """

    def __init__(self, data: bytes, path: str, location: Path | None = None) -> None:
        self.path = path
        self.absolute = location or Path(path)
        self.data, self._decoding_problem = as_utf8(data)
        self.is_decoded = self._decoding_problem is None  # of what cannot be, nothing is left
        self._nodes: dict[int, Node] = {}
        self.kept: dict[Any, Any] = {}

    def __repr__(self) -> str:
        return f"<SourceFile {self.path}>"

    # -- the tree

    @cached_property
    def tree(self) -> ts.Tree:
        """The parser's own tree."""
        return parser().parse(self.data)

    @cached_property
    def _left_out(self) -> PartsLeftOut:
        return PartsLeftOut(self.tree.root_node)

    def forget(self) -> None:
        """Let go of the tree and all nodes; whoever still holds one can no longer move from it."""
        forget(self._nodes.values())
        self._nodes.clear()
        self.kept.clear()
        for computed in WORKED_OUT:
            self.__dict__.pop(computed, None)

    @cached_property
    def module(self) -> Module:
        """The root of the tree."""
        root = self.node(self.tree.root_node)
        return root if isinstance(root, Module) else Module(self.tree.root_node, self)

    @property
    def first_left_out(self) -> int | None:
        """Where the first part begins that no rule looks into, since it nests too deep; None where there is none."""
        return self._left_out.first

    @cached_property
    def problem(self) -> SyntaxProblem | None:
        """Why it does not parse; None where it does (or where only the parser's grammar is too old)."""
        return self._decoding_problem or problem_in(self.tree.root_node, self.data)

    @property
    def is_template(self) -> bool:
        """Whether it is no Python but what a template engine makes some of: its alternatives stand side by side."""
        is_marked = b"{%" in self.data or b"{{" in self.data
        return is_marked and self.problem is not None and self.problem.reader == TEMPLATE_ENGINE

    def node(self, raw: ts.Node) -> Node:
        """The typed node of a raw one: always the same object."""
        nodes, key = self._nodes, raw.id
        found = nodes.get(key)
        if found is not None:
            return found
        kind = raw.type
        inner = unwrapped(raw) if kind in WRAPPERS else raw
        found = nodes[key] = self.node(inner) if inner is not raw else CLASSES.get(kind, Node)(raw, self)
        return found

    def text_of(self, raw: ts.Node) -> str:
        """The source of a raw node."""
        return self.data[raw.start_byte : raw.end_byte].decode("utf-8", "replace")

    # -- finding nodes

    @cached_property
    def nodes_by_type(self) -> NodesByType:
        """Those that are asked for again and again."""
        return NodesByType(self.tree.root_node)

    @cached_property
    def bodies(self) -> Bodies:
        """Which function, class or lambda each place belongs to."""
        return Bodies(self.nodes_by_type.of(OWNERS))

    def query(self, kind: type[N], within: Node | None = None) -> Iterator[N]:
        """Every node of a kind, in order of the text."""
        types = known_types(types_of(kind))
        if KEPT.issuperset(types):
            nodes = self.nodes_by_type.of(types, None if within is None else within.raw)
        else:
            nodes = nodes_of(alternatives(types), self.tree.root_node if within is None else within.raw)
        left_out = None if self.first_left_out is None else self._left_out
        for found in nodes:
            if left_out is not None and left_out.hold(found.start_byte):
                continue
            node = self.node(found)
            if isinstance(node, kind):
                yield node

    def raw_query(self, pattern: str, raw: ts.Node) -> list[ts.Node]:
        """Raw nodes of a grammar type inside another."""
        return nodes_of(f"({pattern})", raw)

    def calls(self, *names: str, awaited: bool | None = None) -> Iterator[Call]:
        """Calls of functions or methods with one of these names, in order of the text.

        Costs a search in the bytes, not a walk: give names wherever you can. With `awaited=False`
        those right behind an `await` are left out (and cost nothing, not even parsing), with
        `awaited=True` those that have none in front for sure.
        """
        offsets = sorted(at for name in names for at in self._called_at.get(name.encode(), ()))
        for offset in offsets:
            if awaited is not None and is_behind_await(self.data, offset) is (not awaited):
                continue
            found = self.node_at(offset)
            if isinstance(found, Name):
                call = found.parent
                if isinstance(call, Attribute) and call.attr_node is found:
                    found, call = call, call.parent
                if isinstance(call, Call) and call.func is found:
                    yield call

    @cached_property
    def names_called(self) -> frozenset[str]:
        """Every name that stands before an opening parenthesis, told by the bytes."""
        return frozenset(name.decode("utf-8", "replace") for name in self._called_at)

    def calls_alone(self, name: str) -> bool:
        """Whether the name stands right before an opening parenthesis somewhere, and is read of nothing there."""
        word, data = name.encode(), self.data
        behind = ((at, at + len(word)) for at in self._called_at.get(word, ()))
        return any(data[end : end + 1] == b"(" and data[at - 1 : at] not in (b".", b"@") for at, end in behind)

    @cached_property
    def _called_at(self) -> dict[bytes, list[int]]:
        """Where those names stand: one search for all rules."""
        return names_before_parentheses(self.data)

    def node_at(self, offset: int) -> Node | None:
        """The innermost node at a byte offset; None in a part that is left out."""
        if self._left_out.hold(offset):
            return None
        raw = self.tree.root_node.descendant_for_byte_range(offset, offset)
        return None if raw is None else self.node(raw)

    def mentions(self, *words: bytes) -> bool:
        """Whether the bytes contain one of the words; needs no parsing. True where the bytes could not be read."""
        return self._decoding_problem is not None or self._vocabulary.has_any(words)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self.data)

    @property
    def words(self) -> frozenset[bytes]:
        """Every word of the file, whatever it stands for."""
        return self._vocabulary.words

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """The comments, in order."""
        return tuple(self.query(Comment))

    # -- places

    def location(self, node: Node, end: Node | None = None) -> Location:
        """Where a node is, for a `Finding` or an `Edit`; with `end`, up to the end of that node."""
        return self.span(node.start, (end or node).end)

    def span(self, start: int, end: int) -> Location:
        """The place between two byte offsets, in lines and characters."""
        (line, column), (end_line, end_column) = self._lines.position(start), self._lines.position(end)
        return Location(target=self.path, line=line, column=column, end_line=end_line, end_column=end_column)

    def offset_of(self, location: Location) -> int:
        """Where a place begins in the file's bytes."""
        return self._lines.offset(location.line or 1, location.column or 1)

    @cached_property
    def _lines(self) -> LinePlaces:
        """Some files are asked for a thousand places."""
        return LinePlaces(self.data)

    # -- what rules say

    def finding(
        self,
        check: Check[Any],
        node: Node,
        message: str,
        *,
        confidence: Confidence = Confidence.HIGH,
        severity: Severity | None = None,
        remedy: str = "",
        evidence: tuple[Evidence, ...] = (),
        related: tuple[Related, ...] = (),
        edits: tuple[Edit, ...] = (),
    ) -> Finding:
        """A finding at `node`, as grave as the check says unless told otherwise."""
        return Finding(
            check=check.id,
            severity=check.severity if severity is None else severity,
            confidence=confidence,
            message=message,
            location=self.location(node),
            remedy=remedy,
            evidence=evidence,
            related=related,
            edits=edits,
        )

    def insertion(self, offset: int, text: str, *, safe: bool = True) -> Edit:
        """An edit that puts `text` at a byte offset."""
        return Edit(location=self.span(offset, offset), replacement=text, safe=safe)

    def replacement(self, node: Node, text: str, *, safe: bool = True) -> Edit:
        """An edit that puts `text` in the place of a node."""
        return Edit(location=self.location(node), replacement=text, safe=safe)

    def replacement_between(self, start: int, end: int, text: str, *, safe: bool = True) -> Edit:
        """An edit that puts `text` in the place of the bytes between two offsets."""
        return Edit(location=self.span(start, end), replacement=text, safe=safe)

    def deletion(self, start: int, end: int, *, safe: bool = True) -> Edit:
        """An edit that removes the bytes between two offsets."""
        return Edit(location=self.span(start, end), replacement="", safe=safe)


def parse(code: str | bytes, path: str = "module.py") -> SourceFile:
    """A file from text."""
    return SourceFile(code.encode() if isinstance(code, str) else code, path)
