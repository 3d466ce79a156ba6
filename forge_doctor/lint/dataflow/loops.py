"""Loops that walk over few, fixed or already grouped items; decides nothing about what they do."""

from __future__ import annotations

import re

from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Call,
    Comprehension,
    ComprehensionFor,
    Dict,
    For,
    Name,
    Node,
    Sequence,
)
from forge_doctor.regex import regex

GROUPED = regex(r"batch|chunk|page|partition|slice|group|window|bucket|attempt|retr|tries|offset", re.IGNORECASE)
CONSTANT = regex(r"(?:\w+\.)*_*[A-Z][A-Z0-9_]*(?:\.(?:items|keys|values)\(\))?")


def is_batched(loop: For | ComprehensionFor) -> bool:
    """Whether each step handles many items, a page or another attempt."""
    if GROUPED.search(loop.target.text) or GROUPED.search(loop.iter.text):
        return True
    return isinstance(loop.iter, Call) and loop.iter.method in ("range", "count")


def is_fixed(project: Project, iterated: Node) -> bool:
    """Whether the items are written down in the program: a literal, a constant, a class (an enum)."""
    if isinstance(iterated, Call) and iterated.method in ("items", "keys", "values", "enumerate", "zip", "sorted"):
        inner = iterated.receiver if iterated.method in ("items", "keys", "values") else next(iter(iterated.args), None)
        return inner is not None and is_fixed(project, inner)
    if isinstance(iterated, Sequence | Dict):
        return True
    if isinstance(iterated, Comprehension):
        return is_fixed(project, iterated.loops[0].iter)
    if CONSTANT.fullmatch(iterated.text):
        return True
    if not isinstance(iterated, Name):
        return False
    if iterated.id[:1].isupper():
        return True
    scopes = project.scopes(iterated.file)
    found = scopes.lookup(iterated.id, iterated)
    bindings = [] if found is None else reaching(found[1], iterated) if found[0] is scopes.of(iterated) else found[1]
    values = [one.node.value if isinstance(one.node, Assign) else None for one in bindings]
    return bool(values) and all(isinstance(one, Sequence | Dict) and one.children for one in values)
