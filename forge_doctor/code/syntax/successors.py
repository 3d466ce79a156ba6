"""What may run once a statement has ended, up to where the function is left; follows blocks, evaluates no condition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from forge_doctor.code.syntax.dominance import block_of, leaves
from forge_doctor.code.syntax.nodes import For, FunctionDef, Node, Other, Try, While

if TYPE_CHECKING:
    import tree_sitter as ts

Span = tuple[int, int]
LEFT_AT = frozenset({"function_definition", "class_definition", "module"})
CLAUSES = frozenset({"elif_clause", "else_clause", "except_clause", "except_group_clause", "case_clause", "block"})


def spans_after(statement: Node) -> Iterator[Span]:
    """The stretches of source that may run next, in the order they run.

    Ends at a `return` or `raise` that is always passed: what a handler around would do then is not followed.
    """
    block = block_of(statement)
    if block is None:
        return
    for raw in block.named_children:
        if raw.start_byte >= statement.end:
            yield raw.start_byte, raw.end_byte
            last = statement.file.node(raw)
            if leaves((last,)):
                yield from spans_after_leaving(last)
                return
    around = _statement_around(block, statement)
    if isinstance(around, Try):
        yield from _closing_clauses(around.raw, block)
    if isinstance(around, For | While):
        yield from _next_step(around)
    if around is not None:
        yield from spans_after(around)


def spans_after_leaving(last: Node) -> Iterator[Span]:
    """The same for a statement that is never passed: the loop's next step, or what stands behind the loop."""
    loop = next((one for one in last.ancestors if isinstance(one, For | While | FunctionDef)), None)
    if isinstance(last, Other) and last.text in ("continue", "break") and isinstance(loop, For | While):
        if last.text == "continue":
            yield from _next_step(loop)
        yield from spans_after(loop)


def _statement_around(block: ts.Node, inner: Node) -> Node | None:
    """The statement whose block it is, within the same function."""
    owner = block.parent
    while owner is not None and owner.type in CLAUSES:
        owner = owner.parent
    if owner is None or owner.type in LEFT_AT:
        return None
    return inner.file.node(owner)


def _closing_clauses(statement: ts.Node, block: ts.Node) -> Iterator[Span]:
    """The `else` that the end of the tried block leads to, and the `finally`."""
    tried = statement.child_by_field_name("body")
    for raw in statement.named_children:
        is_else = raw.type == "else_clause" and tried is not None and tried.id == block.id
        if is_else or (raw.type == "finally_clause" and raw.start_byte >= block.end_byte):
            yield raw.start_byte, raw.end_byte


def _next_step(loop: For | While) -> Iterator[Span]:
    """What the loop binds, and its body: what a `for` walks over is asked for only once."""
    if isinstance(loop, For):
        yield loop.target.start, loop.target.end
    yield (loop.body[0].start if isinstance(loop, For) and loop.body else loop.start), loop.end
