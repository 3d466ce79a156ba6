"""Whether code of the tests is never run, or only with an older library: skipped, marked to fail, read by type checkers
alone; knows no test framework further."""

from __future__ import annotations

import re

from forge_doctor.code.syntax.nodes import ClassDef, FunctionDef, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.regex import regex

WORD = regex(rb"skip|xfail|expectedFailure|assert_type|reveal_type")
# `pytest.mark.skip`, `unittest.skip("...")`, `xfail`; of those with a condition, the ones that ask for a version.
ALWAYS = regex(r"(?:^|\.)(?:skip|xfail|expectedFailure)\b")
BY_VERSION = regex(r"(?:^|\.)skip_?if\b[\s\S]{0,400}?version", re.IGNORECASE)
MODULE_MARK = regex(rb"^pytestmark\b[^=\n]*=([^\n]*(?:\n[ \t)\]][^\n]*)*)", re.MULTILINE)
# Of a folder of tests, what type checkers read and nothing runs: no `test_*.py`.
FOR_CHECKERS = regex(
    r"(?:^|/)tests?/(?:[^/]{1,100}/){0,9}(?:typing|typesafety|type_?checks?|mypy|pyright)/(?:[^/]{1,100}/){0,9}[^/]{1,100}\.py$"
)
ASKS_CHECKER = regex(rb"\b(?:assert_type|reveal_type)\(")
RUN = regex(r"(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")


def is_unrun(file: SourceFile, node: Node) -> bool:
    """Whether a node of a test file is of a test that is skipped for good or with later versions of a library, is marked
    to fail, or stands in a file for type checkers."""
    if not is_test_file(file):
        return False
    if is_for_type_checkers(file):
        return True
    if WORD.search(file.data) is None:
        return False
    if any(_is_mark(one.decode("utf-8", "replace")) for one in MODULE_MARK.findall(file.data)):
        return True
    around = (one for one in (node, *node.ancestors) if isinstance(one, FunctionDef | ClassDef))
    return any(_is_mark(mark.text) for one in around for mark in one.decorators)


def is_for_type_checkers(file: SourceFile) -> bool:
    """Whether a file of the tests is there to be read by type checkers: by its folder, or since it asks them."""
    if RUN.search(file.path) is not None:
        return False
    return FOR_CHECKERS.search(file.path) is not None or ASKS_CHECKER.search(file.data) is not None


def _is_mark(text: str) -> bool:
    """Whether a decorator, or what stands behind `pytestmark =`, keeps the test from counting."""
    head = text.partition("(")[0] if not text.lstrip().startswith(("[", "(")) else text
    return ALWAYS.search(head) is not None or BY_VERSION.search(text) is not None
