"""Whether code is there to fail: inside `pytest.raises` and its like; knows no test framework further."""

from __future__ import annotations

import re

from forge_doctor.code.syntax.nodes import Call, FunctionDef, Name, Node, With
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Finding
from forge_doctor.lint.dataflow.unrun_tests import is_unrun
from forge_doctor.regex import regex

# `pytest.raises`, `assertRaisesRegex`, `assert_raises`, `expect_raises_message`, `should_raise`.
EXPECTING = regex(r"raises|(?:should|must|expect|assert)_raise", re.IGNORECASE)
WORDS = (b"raise", b"Raise", b"RAISE")


def is_expected_to_fail(node: Node) -> bool:
    """Whether a `with ...raises...(...)` of the same function, or an `assert_raises(...)` call, is around it, or around each
    mention of the function it stands in, where that is made inside another."""
    for around in node.ancestors:
        if isinstance(around, FunctionDef):
            return is_run_to_fail(around)
        entered = [item.value for item in around.items] if isinstance(around, With) else [around]
        if any(isinstance(one, Call) and EXPECTING.search(one.method) for one in entered):
            return True
    return False


def is_run_to_fail(function: FunctionDef) -> bool:
    """Whether a function made in another is only mentioned where that expects a failure."""
    outer = function.enclosing(FunctionDef)
    if outer is None:
        return False
    mentions = [one for one in outer.find(Name) if one.text == function.name and not function.contains(one)]
    return bool(mentions) and all(one.owner is outer and is_expected_to_fail(one) for one in mentions)


def tells_of_expected_failure(file: SourceFile, finding: Finding) -> bool:
    """Whether what is found stands where the test says that it fails, or is not run: a run of the tests tells there."""
    if finding.location.line is None or not (file.mentions(*WORDS) or is_test_file(file)):
        return False
    node = file.node_at(file.offset_of(finding.location))
    return node is not None and (is_expected_to_fail(node) or is_unrun(file, node))
