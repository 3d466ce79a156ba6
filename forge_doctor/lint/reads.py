"""Where a name is read that may hold what one assignment bound to it; says nothing of what the reads do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.lint.nodes import (
    Assign,
    Attribute,
    ComprehensionFor,
    For,
    FunctionDef,
    Keyword,
    Name,
    NamedExpr,
    Node,
    Param,
    Sequence,
    WithItem,
)
from forge_doctor.lint.project import Project
from forge_doctor.lint.scopes import reaching


def reads_of(project: Project, name: Name, assign: Node) -> Iterator[Name]:
    """The reads that may see the value bound to `name` by `assign`, in the same scope and those inside it."""
    scopes = project.scopes(name.file)
    found = scopes.lookup(name.text, name)
    if found is None:
        return
    scope, bindings = found
    binder = next((one for one in bindings if one.node is assign or one.node.contains(name)), None)
    pattern = re.compile(rb"(?<![\w.])" + re.escape(name.text).encode() + rb"(?!\w)")
    node = scope.node
    for match in pattern.finditer(name.file.data, node.start, node.end):
        read = name.file.node_at(match.start())
        if not isinstance(read, Name) or read is name or not is_read(read):
            continue
        again = scopes.lookup(read.text, read)
        if again is None or again[0] is not scope:
            continue
        if read.owner is not node or binder is None or binder in reaching(bindings, read):
            yield read


def is_read(name: Name) -> bool:
    """Whether a name stands for its value there, not as a target, keyword or parameter."""
    around = name.parent
    if isinstance(around, Keyword):
        return around.value is name
    if isinstance(around, Attribute):
        return around.value is name
    if isinstance(around, Assign):
        return name not in around.targets and around.annotation is not name
    if isinstance(around, For | ComprehensionFor):
        return around.target is not name
    if isinstance(around, WithItem):
        return around.value is name
    if isinstance(around, NamedExpr):
        return around.target is not name
    if isinstance(around, Param):
        return around.default is name
    if isinstance(around, FunctionDef):
        return False
    if isinstance(around, Sequence):
        return not isinstance(around.parent, Assign) or around not in around.parent.targets
    return True
