"""Calls found by a pattern in the bytes that ends with the opening parenthesis, for names too common to look up one by one;
names and chains of calls around a place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.code.syntax.nodes import Attribute, Call, Name, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.text.called_names import BEHIND_AWAIT, LOOK_BACK


def matched_calls(file: SourceFile, pattern: re.Pattern[bytes], *, awaited: bool = False) -> Iterator[Call]:
    """The calls whose `name(` the pattern matches; those right behind an `await` only with `awaited`."""
    for match in pattern.finditer(file.data):
        if not awaited and BEHIND_AWAIT.search(file.data, max(0, match.start() - LOOK_BACK), match.start()) is not None:
            continue
        parenthesis = file.node_at(match.end() - 1)
        call = None if parenthesis is None else parenthesis.parent
        if isinstance(call, Call) and call.func.end <= match.end() - 1 and call.func.end > match.start():
            yield call


def end_of_chain(node: Node) -> Node:
    """The last call of a chain that begins with a node: `result.scalars().all()` for `result`."""
    around = node.parent
    while isinstance(around, Attribute) and around.value is node and isinstance(around.parent, Call):
        node = around.parent
        around = node.parent
    return node


def reference_at(file: SourceFile, offset: int) -> Name | Attribute | None:
    """The whole name or dotted name whose last part stands at an offset."""
    node = file.node_at(offset)
    if isinstance(node, Name) and isinstance(node.parent, Attribute) and node.parent.attr_node is node:
        node = node.parent
    return node if isinstance(node, Name | Attribute) else None
