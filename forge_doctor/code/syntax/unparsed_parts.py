"""The parts of a tree that no rule looks into, since each step there takes as long as the tree is deep or an error wide:
code so deep is more than Python compiles, and an error so wide is no code."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tree_sitter as ts

MOST_DEEP = 1500  # two a nested call
MOST_WIDE = 10_000
# A smaller text takes no time worth the look; of a larger one a deep part that matters is found by a few samples.
MAY_MATTER_BYTES = 20_000
SAMPLES = 16


class PartsLeftOut:
    """Where in the bytes of a file those parts are."""

    def __init__(self, root: ts.Node) -> None:
        ranges = sorted(_ranges(root)) if _may_have_some(root) else []
        self._starts = [start for start, _ in ranges]
        self._ends = [end for _, end in ranges]

    @property
    def first(self) -> int | None:
        """Where the first of them begins; None where nothing is left out."""
        return self._starts[0] if self._starts else None

    def hold(self, offset: int) -> bool:
        """Whether the byte there lies in one."""
        before = bisect_right(self._starts, offset)
        return before > 0 and offset < self._ends[before - 1]


def _may_have_some(root: ts.Node) -> bool:
    size = root.end_byte
    if size < MAY_MATTER_BYTES:
        return False
    return root.has_error or any(_depth_at(root, offset) > MOST_DEEP for offset in range(0, size, size // SAMPLES))


def _depth_at(root: ts.Node, offset: int) -> int:
    cursor = root.walk()
    while cursor.goto_first_child_for_byte(offset) is not None:
        pass
    return cursor.depth


def _ranges(root: ts.Node) -> Iterator[tuple[int, int]]:
    """The errors too wide, and the nodes at the depth where it begins to be too much."""
    cursor = root.walk()
    while True:
        node = cursor.node
        if node is not None and (cursor.depth > MOST_DEEP or (node.is_error and node.child_count > MOST_WIDE)):
            yield node.start_byte, node.end_byte
        elif cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
