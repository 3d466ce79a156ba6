"""Gives names their values: assignments, loops, parameters; evaluates nothing."""

from __future__ import annotations

from forge_doctor.code.syntax.nodes import Name, Node, Sequence, Starred
from forge_doctor.migrations.evaluation.sizes import may_hold
from forge_doctor.migrations.evaluation.values import Frame, Unknown, Value


def bind(frame: Frame, target: Node, value: Value) -> None:
    """Bind the names of a target; an attribute is not followed."""
    if isinstance(target, Name):
        frame.names[target.text] = value
    elif isinstance(target, Sequence):
        _unpack(frame, target.elts, value)


def _unpack(frame: Frame, targets: tuple[Node, ...], value: Value) -> None:
    starred = next((index for index, one in enumerate(targets) if isinstance(one, Starred)), None)
    if not isinstance(value, tuple | list) or (starred is None and len(value) != len(targets)):
        for one in targets:
            bind(frame, one.value if isinstance(one, Starred) else one, Unknown(one.text))
        return
    values: list[Value] = list(value)
    if starred is not None:
        behind = len(targets) - starred - 1
        middle = values[starred : len(values) - behind]
        values = [*values[:starred], middle, *values[len(values) - behind :]]
    for one, part in zip(targets, values, strict=False):
        bind(frame, one.value if isinstance(one, Starred) else one, part)


def put_item(container: Value, key: Value, value: Value) -> None:
    """`container[key] = value`."""
    if isinstance(container, dict) and isinstance(key, str | int) and may_hold(container, value):
        container[key] = value
