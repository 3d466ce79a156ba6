"""Where a source's comments are and which of its lines belong together; knows nothing of what the code means."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from forge_doctor.regex import regex

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query

# Their lines are those of the statements inside; all others are one unit, whatever lines they span.
COMPOUND = frozenset({"module", "block", "decorated_definition", "ERROR"})
LONE_RETURN = regex(r"\r(?!\n)")


class Comment(NamedTuple):
    """A comment with its `#`; lines and columns count from 1, columns count characters."""

    text: str
    line: int
    column: int
    alone: bool


class Layout(NamedTuple):
    """The lines of a source, its comments, and the runs of lines (first, last) that one statement or header spans."""

    lines: tuple[str, ...]
    comments: tuple[Comment, ...]
    runs: tuple[tuple[int, int], ...]

    def run_of(self, line: int) -> tuple[int, int]:
        """The first and the last line of the statement, or header, that the line belongs to."""
        return next((run for run in self.runs if run[0] <= line <= run[1]), (line, line))

    def code_line_after(self, line: int) -> int | None:
        """The next line that holds more than a comment."""
        for number in range(line + 1, len(self.lines) + 1):
            code = self.lines[number - 1].strip()
            if code and not code.startswith("#"):
                return number
        return None


def layout(text: str) -> Layout:
    """The layout of any text, valid Python or not."""
    lines = lines_of(text)
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    parser, query = _instruments()
    root = parser.parse(data).root_node
    rows = data.split(b"\n")
    return Layout(lines=tuple(lines), comments=tuple(_comments(root, query, rows)), runs=_merged(sorted(_spans(root))))


def lines_of(text: str) -> list[str]:
    """The lines as Python counts them, each with the length it has in the text, a lone carriage return counted off."""
    return LONE_RETURN.sub("\n", text).split("\n")


def is_sound(text: str) -> bool:
    """Whether the text parses as Python of any version."""
    parser, _ = _instruments()
    return not parser.parse(text.encode("utf-8", "surrogatepass")).root_node.has_error


@lru_cache(maxsize=1)
def _instruments() -> tuple[Parser, Query]:
    import tree_sitter
    import tree_sitter_python

    language = tree_sitter.Language(tree_sitter_python.language())
    return tree_sitter.Parser(language), tree_sitter.Query(language, "(comment) @comment")


def _comments(root: Node, query: Query, rows: list[bytes]) -> Iterator[Comment]:
    import tree_sitter

    found = tree_sitter.QueryCursor(query).captures(root).get("comment", [])
    for node in sorted(found, key=lambda node: node.start_byte):
        row, column = node.start_point
        before = rows[row][:column]
        text = (node.text or b"").decode("utf-8", "replace").rstrip("\r")
        yield Comment(
            text=text,
            line=row + 1,
            column=len(before.decode("utf-8", "replace")) + 1,
            alone=not before.removeprefix(b"\xef\xbb\xbf").strip(),
        )


def _spans(root: Node) -> Iterator[tuple[int, int]]:
    """The lines of every statement and of every header that span several."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        first, last = node.start_point.row + 1, node.end_point.row + 1
        if first == last:
            continue
        children = node.children
        if node.type in COMPOUND or any(child.type == "block" for child in children):
            waiting.extend(children)
        else:
            yield first, last


def _merged(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for first, last in spans:
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)
