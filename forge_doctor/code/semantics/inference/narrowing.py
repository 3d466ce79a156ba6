"""What `isinstance` tells of a name in the branches it decides; knows no other test."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.code.semantics.inference.interface import Knowledge
from forge_doctor.code.semantics.library.kinds import OTHER, Kind, Value, one_of
from forge_doctor.code.syntax.dominance import block_of, leaves
from forge_doctor.code.syntax.kept_with_file import kept_with_file
from forge_doctor.code.syntax.nodes import (
    BoolOp,
    Call,
    FunctionDef,
    If,
    IfExp,
    Keyword,
    Node,
    Sequence,
    Statement,
    UnaryOp,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex

TESTED = regex(rb"isinstance(?<!\wisinstance)\(\s*([\w.]+)\s*,")
TOLD = "isinstance says so"


def narrow(knows: Knowledge, node: Node, value: Value) -> Value:
    """The value of a name or attribute, with the tests that lead to where it stands."""
    if node.text not in tested_names(node.file):
        return value
    for test, holds in tests_of(node):
        tested = [_instance(knows, one) for one in _classes(test)]
        if holds:
            told = one_of(tested)
            return Value(told.kind, definition=told.definition, why=TOLD) if told.is_known else value
        if any(one.kind.is_async and value.kind in (one.kind, Kind.UNKNOWN) for one in tested):
            return Value(Kind.OTHER, why=TOLD)
        if value.kind is Kind.INSTANCE and any(one.definition is value.definition for one in tested):
            return Value(Kind.OTHER, why=TOLD)
    return value


@kept_with_file
def tested_names(file: SourceFile) -> frozenset[str]:
    """The names and attributes that a file asks `isinstance` about."""
    asked = TESTED.findall(file.data) if b"isinstance(" in file.data else ()
    return frozenset(name.decode() for name in asked)


def tests_of(node: Node) -> Iterator[tuple[Call, bool]]:
    """The `isinstance` calls about this name that decided the way here, with their answers, the nearest first."""
    for test, holds in _tests_around(node):
        if _is_bound_between(node, test.end):
            return
        yield test, holds


def _is_bound_between(node: Node, start: int) -> bool:
    """Whether the name is bound anew; the keyword of a call, `use(engine=engine)`, binds nothing."""
    bound = rb"(?<![\w.])" + re.escape(node.text).encode() + rb"\s*(?:=[^=]|:=|:\s)"
    places = (node.file.node_at(start + one.start()) for one in re.finditer(bound, node.file.data[start : node.start]))
    return any(one is None or not isinstance(one.parent, Keyword) for one in places)


def _tests_around(node: Node) -> Iterator[tuple[Call, bool]]:
    inner, root = node, node.text.partition(".")[0]
    for around in node.ancestors:
        # What stands before an `else` stands before its `if`, whose own test comes first.
        if isinstance(inner, Statement) and not inner.raw.type.endswith("_clause"):
            yield from _left_before(inner, node.text)
        if isinstance(around, If | IfExp) and not around.test.contains(inner):
            body = around.body if isinstance(around.body, tuple) else (around.body,)
            yield from _answers(around.test, node.text, any(one.contains(inner) for one in body))
        if isinstance(around, BoolOp) and around.is_and and around.right.contains(inner):
            yield from _answers(around.left, node.text, holds=True)
        if isinstance(around, FunctionDef) and root in around.param_names:
            return
        inner = around


def _left_before(statement: Node, text: str) -> Iterator[tuple[Call, bool]]:
    """The answers that are certain after `if isinstance(...): return` and `assert isinstance(...)`."""
    block = block_of(statement)
    for raw in reversed([] if block is None else block.named_children):
        if raw.end_byte > statement.start or raw.type not in ("if_statement", "assert_statement"):
            continue
        before = statement.file.node(raw)
        if not isinstance(before, If):
            yield from _answers(before.children[0], text, holds=True)
        elif not before.orelse and leaves(before.body):
            yield from _answers(before.test, text, holds=False)


def _answers(test: Node, text: str, holds: bool) -> Iterator[tuple[Call, bool]]:
    """What a condition says of the name if it holds, or does not."""
    if isinstance(test, UnaryOp) and test.is_not:
        yield from _answers(test.operand, text, not holds)
    elif isinstance(test, BoolOp) and test.is_and is holds:
        yield from _answers(test.left, text, holds)
        yield from _answers(test.right, text, holds)
    elif (
        isinstance(test, Call) and test.func.text == "isinstance" and len(test.args) == 2 and test.args[0].text == text
    ):
        yield test, holds


def _classes(test: Call) -> tuple[Node, ...]:
    asked = test.args[1]
    return asked.elts if isinstance(asked, Sequence) else (asked,)


def _instance(knows: Knowledge, class_: Node) -> Value:
    value = knows.value_of(class_)
    return OTHER if value.kind is Kind.EXTERNAL else value.inner
