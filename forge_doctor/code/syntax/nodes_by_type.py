"""The nodes of a file that are asked for again and again, found by one walk for all who ask; names are too many."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

from forge_doctor.code.syntax.grammar import captures, in_order, known_types

if TYPE_CHECKING:
    import tree_sitter as ts

KEPT = frozenset(
    {"function_definition", "class_definition", "lambda", "assignment", "augmented_assignment", "named_expression",
     "for_statement", "for_in_clause", "while_statement", "with_statement", "with_item", "except_clause", "case_clause",
     "import_statement", "import_from_statement", "type_alias_statement", "global_statement", "nonlocal_statement", "call",
     "await", "yield", "return_statement", "raise_statement", "typed_parameter", "default_parameter", "typed_default_parameter"}
)  # fmt: skip


class NodesByType:
    """Each type's in order of the text, the outer one first."""

    def __init__(self, root: ts.Node) -> None:
        found = captures(" ".join(f"({name}) @{name}" for name in known_types(KEPT)), root)
        self._nodes = {name: in_order(nodes) for name, nodes in found.items()}
        self._starts: dict[str, list[int]] = {}

    def of(self, types: Sequence[str], within: ts.Node | None = None) -> list[ts.Node]:
        """Those of some types, in the whole file or in one node, which may be one of them."""
        if len(types) == 1:
            return self._of(types[0], within)
        return in_order([node for name in types for node in self._of(name, within)])

    def _of(self, name: str, within: ts.Node | None) -> list[ts.Node]:
        nodes = self._nodes.get(name, [])
        if within is None or not nodes:
            return nodes
        starts = self._starts.get(name)
        if starts is None:
            starts = self._starts[name] = [one.start_byte for one in nodes]
        end = within.end_byte
        first = bisect_left(starts, within.start_byte)
        last = bisect_left(starts, end, first)
        # What stands around it may begin where it does.
        while first < last and nodes[first].end_byte > end:
            first += 1
        return nodes[first:last]
