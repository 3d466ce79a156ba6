"""Whether code is there to fail: inside `pytest.raises` and its like; knows no test framework further."""

from __future__ import annotations

from forge_doctor.code.syntax.nodes import Call, FunctionDef, Node, With


def is_expected_to_fail(node: Node) -> bool:
    """Whether a `with ...raises...(...)` of the same function, or an `assert_raises(...)` call, is around it."""
    for around in node.ancestors:
        if isinstance(around, FunctionDef):
            return False
        entered = [item.value for item in around.items] if isinstance(around, With) else [around]
        if any(isinstance(one, Call) and "raise" in one.method.lower() for one in entered):
            return True
    return False
