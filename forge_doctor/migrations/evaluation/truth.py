"""Whether a test holds: True, False, or None where only the run knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from forge_doctor.code.syntax.nodes import BoolOp, Compare, Node, UnaryOp
from forge_doctor.migrations.evaluation.interface import Runner
from forge_doctor.migrations.evaluation.values import Class, Frame, Function, Value, is_known

COMPARISONS: Mapping[str, Callable[[Value, Value], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "in": lambda left, right: isinstance(right, tuple | list | dict | str) and left in right,
    "not in": lambda left, right: not (isinstance(right, tuple | list | dict | str) and left in right),
    "is": lambda left, right: left is right,
    "is not": lambda left, right: left is not right,
}


def truth(run: Runner, test: Node, frame: Frame) -> bool | None:
    """Whether a test holds."""
    if isinstance(test, BoolOp):
        return _both(run, test, frame)
    if isinstance(test, UnaryOp) and test.is_not:
        inner = truth(run, test.operand, frame)
        return None if inner is None else not inner
    if isinstance(test, Compare):
        return compared(run, test, frame)
    return truth_of(run.evaluate(test, frame))


def truth_of(value: Value) -> bool | None:
    """Whether a value counts as true."""
    if isinstance(value, Function | Class):
        return True
    if isinstance(value, tuple | list | dict) and value:
        return True
    return bool(value) if is_known(value) else None


def _both(run: Runner, test: BoolOp, frame: Frame) -> bool | None:
    left = truth(run, test.left, frame)
    if left is (not test.is_and):
        return left
    right = truth(run, test.right, frame)
    if right is (not test.is_and):
        return right
    return None if left is None else right


def compared(run: Runner, node: Compare, frame: Frame) -> bool | None:
    """What a comparison of two values gives."""
    operands = node.children
    values = [run.evaluate(one, frame) for one in operands]
    if len(operands) != 2 or not all(map(is_known, values)):
        return None
    data = node.file.data[operands[0].end : operands[1].start].decode("utf-8", "replace")
    operator = " ".join(data.replace("(", " ").replace(")", " ").split())
    judge = COMPARISONS.get(operator)
    return None if judge is None else judge(values[0], values[1])
