"""Where the value a name was given is read; says nothing of what the reads do with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.code.semantics.names.scopes import comes_round, reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
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
    While,
    WithItem,
)


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
        if isinstance(again[1][0].node, ComprehensionFor) or (binder and isinstance(binder.node, ComprehensionFor)):
            if binder in again[1]:
                yield read
            continue
        if read.owner is not node or binder is None:
            yield read
            continue
        reached = reaching(bindings, read)
        if binder in reached or comes_round(binder, read, reached):
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


def all_reads(project: Project, name: Name, assign: Node) -> Iterator[Name]:
    """The reads that may see the value, those of the next round of a loop included."""
    seen = set()
    for read in reads_of(project, name, assign):
        seen.add(read)
        yield read
    loop = next(
        (one for one in assign.ancestors if isinstance(one, For | While) and one.function is name.function), None
    )
    for read in () if loop is None else loop.find(Name):
        around = read.parent
        is_owner = isinstance(around, Attribute) and around.value is read
        if is_owner and read.text == name.text and read not in seen and read.start < assign.start:
            yield read


def param_reads(project: Project, function: FunctionDef, name: str) -> Iterator[Name]:
    """The reads of a parameter."""
    scope = project.scopes(function.file).opened_by(function)
    binding = None if scope is None else next(iter(scope.bindings(name)), None)
    if binding is None:
        return
    for statement in function.body:
        for read in statement.file.query(Name, statement):
            if read.text == name and is_read(read):
                yield read
