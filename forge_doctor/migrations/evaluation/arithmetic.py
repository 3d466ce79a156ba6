"""What two values joined by an operator are."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from forge_doctor.code.syntax.nodes import BinOp
from forge_doctor.migrations.evaluation.files import FilePath, joined
from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.evaluation.interface import Runner
from forge_doctor.migrations.evaluation.sizes import MOST_TEXT, is_small, is_wide
from forge_doctor.migrations.evaluation.strings import shown
from forge_doctor.migrations.evaluation.values import Frame, Unknown, Value

ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "/": operator.truediv, "|": operator.or_,
}  # fmt: skip
ADDED: tuple[Any, ...] = (list, tuple, (int, float))


def binary(run: Runner, node: BinOp, frame: Frame) -> Value:
    """`left op right`."""
    left, right = run.evaluate(node.left, frame), run.evaluate(node.right, frame)
    sign = node.op
    if sign == "+":
        return added(left, right, node.text)
    if sign == "%" and isinstance(left, str):
        return formatted(left, right)
    if sign == "/" and isinstance(left, FilePath):
        return joined(left, right)
    if sign == "|" and isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    repeats = sign == "*" and isinstance(left, str) and isinstance(right, int) and len(left) * right <= MOST_TEXT
    if sign in ARITHMETIC and (numbers or repeats):
        try:
            found = ARITHMETIC[sign](left, right)
            return found if is_small(found) else Unknown(node.text)
        except (ArithmeticError, TypeError):
            return Unknown(node.text)
    return Unknown(node.text)


def added(left: Value, right: Value, written: str = "") -> Value:
    """`left + right`."""
    if isinstance(left, str) or isinstance(right, str):
        found: Value = (left if isinstance(left, str) else HOLE) + (right if isinstance(right, str) else HOLE)
    elif any(isinstance(left, kind) and isinstance(right, kind) for kind in ADDED):
        found = operator.add(left, right)
    else:
        return Unknown(written)
    # What was written in one piece is whole, however long it is.
    return found if is_small(found) or not (left and right) else Unknown(written)


def formatted(template: str, given: Value) -> str:
    """`template % given`."""
    filled = {name: shown(one) for name, one in given.items()} if isinstance(given, dict) else None
    values = tuple(shown(one) for one in given) if isinstance(given, tuple) else (shown(given),)
    if is_wide(template):
        return HOLE
    try:
        found = template.replace("%d", "%s") % (values if filled is None else filled)
        return found if is_small(found) else HOLE
    except (TypeError, ValueError, KeyError):
        return HOLE
