"""Why a file does not parse, and which Python would parse it; guesses no mend."""

from __future__ import annotations

import re
import sys
import warnings
from typing import TYPE_CHECKING, NamedTuple

from forge_doctor.regex import regex

if TYPE_CHECKING:
    import tree_sitter as ts

# Syntax by the version that brought it; searched only in files that do not parse.
NEWER_SYNTAX = (
    (
        (3, 14),
        regex(rb"^[ \t\f]*except\*?[ \t]+[\w.]++[ \t]*+,[\w., \t]{1,200}:|(?<![\w])[tT][rR]?[\"']", re.MULTILINE),
    ),
    ((3, 13), regex(rb"^[ \t\f]*(?:class|(?:async[ \t]+)?def|type)[ \t]+\w+\[[^\]]*=", re.MULTILINE)),
    (
        (3, 12),
        regex(rb"^[ \t\f]*(?:(?:class|(?:async[ \t]+)?def)[ \t]+\w+\[|type[ \t]+\w+[ \t]*(?:\[|=))", re.MULTILINE),
    ),
    ((3, 11), regex(rb"^[ \t\f]*except\*", re.MULTILINE)),
)
PYTHON_2 = regex(
    rb"^[ \t\f]*(?:print[ \t]+[\"'\w]|exec[ \t]+[\"']|except[ \t]+[\w.]+[ \t]*,[ \t]*\w+[ \t]*:)", re.MULTILINE
)
# A block tag, or a name filled in where Python wants one; `{{` in an f-string is neither.
TEMPLATE = regex(
    rb"\{%-?\s*(?:if|for|set|block|macro)\b[^\n]{0,300}%\}"
    rb"|^[ \t\f]*(?:from|import|class|(?:async[ \t]+)?def)[ \t]+[\w.]*(?:\([^()\n]{0,200})?\{\{",
    re.MULTILINE,
)
# What is told of a file with that, which Python never runs.
TEMPLATE_ENGINE = "a template engine (it is a Jinja template)"
# What git leaves where two changes of the same lines meet.
CONFLICT = regex(rb"^<{7} .*$", re.MULTILINE)


class SyntaxProblem(NamedTuple):
    """A file nobody could parse whole: `reader` names what would (`Python 3.14`), empty where unknown."""

    line: int
    message: str
    column: int = 1
    reader: str = ""


def problem_in(root: ts.Node, data: bytes) -> SyntaxProblem | None:
    """The problem of a tree with errors; None where the running interpreter reads the file well."""
    if not root.has_error:
        return None
    conflict = CONFLICT.search(data)
    if conflict is not None:
        line = data.count(b"\n", 0, conflict.start()) + 1
        return SyntaxProblem(line=line, message="a merge conflict was left in it")
    import ast

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except SyntaxError as error:
        return SyntaxProblem(
            line=error.lineno or 1, column=error.offset or 1, message=error.msg, reader=reader_of(data)
        )
    except (RecursionError, MemoryError, ValueError) as error:
        return SyntaxProblem(line=1, message=f"too deep for this Python: {error}")
    return None


def reader_of(data: bytes) -> str:
    """What would read these bytes, told by the syntax they use."""
    if TEMPLATE.search(data):
        return TEMPLATE_ENGINE
    for version, pattern in NEWER_SYNTAX:
        if version > sys.version_info[:2] and pattern.search(data):
            return f"Python {version[0]}.{version[1]}"
    return "Python 2" if PYTHON_2.search(data) else ""
