"""What is awaited on what the same expression gives elsewhere in a file; follows no call into another."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.lint.bindings import Binding
from forge_doctor.lint.nodes import Assign, Await, Call, Name, Node, With, WithItem
from forge_doctor.lint.source import SourceFile

LONGEST = 80
MOST = 40  # places with the same expression that are looked at


def source_of(binding: Binding) -> Node | None:
    """The call that gives what a name is bound to: by `async with call() as name` or `name = call()`."""
    node = binding.node
    if binding.path:
        return None
    if isinstance(node, WithItem):
        statement = node.enclosing(With)
        value: Node | None = node.value if statement is not None and statement.is_async else None
    else:
        value = node.value if isinstance(node, Assign) and not node.is_augmented else None
    made = value.value if isinstance(value, Await) else value
    return value if isinstance(made, Call) and len(value.text if value else "") <= LONGEST else None


def bound_alike(source: Node) -> Iterator[tuple[str, Node]]:
    """The names that the same expression is bound to elsewhere in the file, each with where it is meant."""
    file, text = source.file, source.text
    for count, match in enumerate(re.finditer(rb"(?<![\w.])" + re.escape(text.encode()), file.data)):
        if match.start() != source.start and count < MOST:
            yield from _bound_at(file, match.start(), text)


def _bound_at(file: SourceFile, offset: int, text: str) -> Iterator[tuple[str, Node]]:
    node = file.node_at(offset)
    while node is not None and node.start == offset and node.text != text:
        node = node.parent
    around = None if node is None or node.text != text else node.parent
    if isinstance(around, WithItem):
        statement = around.enclosing(With)
        if isinstance(around.target, Name) and statement is not None and statement.is_async:
            yield around.target.text, statement
    elif isinstance(around, Assign) and isinstance(around.target, Name) and not around.is_augmented:
        yield around.target.text, around.function or file.module
