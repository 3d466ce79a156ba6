"""Whether code is there to fail: inside `pytest.raises` and its like; knows no test framework further."""

from __future__ import annotations

import re

from forge_doctor.code.syntax.nodes import Call, FunctionDef, Node, With
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Finding
from forge_doctor.lint.dataflow.unrun_tests import is_unrun
from forge_doctor.regex import regex

# `pytest.raises`, `assertRaisesRegex`, `assert_raises`, `expect_raises_message`, `should_raise`.
EXPECTING = regex(r"raises|(?:should|must|expect|assert)_raise", re.IGNORECASE)
WORDS = (b"raise", b"Raise", b"RAISE")


def is_expected_to_fail(node: Node) -> bool:
    """Whether a `with ...raises...(...)` of the same function, or an `assert_raises(...)` call, is around it."""
    for around in node.ancestors:
        if isinstance(around, FunctionDef):
            return False
        entered = [item.value for item in around.items] if isinstance(around, With) else [around]
        if any(isinstance(one, Call) and EXPECTING.search(one.method) for one in entered):
            return True
    return False


def tells_of_expected_failure(file: SourceFile, finding: Finding) -> bool:
    """Whether what is found stands where the test says that it fails, or is not run: a run of the tests tells there."""
    if finding.location.line is None or not (file.mentions(*WORDS) or is_test_file(file)):
        return False
    node = file.node_at(file.offset_of(finding.location))
    return node is not None and (is_expected_to_fail(node) or is_unrun(file, node))
