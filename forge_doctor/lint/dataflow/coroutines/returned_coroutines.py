"""What becomes of a coroutine that a function gives back: to whom awaits the call, or to whom iterates; looks at no caller."""

from __future__ import annotations

import re

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Lambda,
    Node,
    Subscript,
)
from forge_doctor.lint.dataflow.coroutines.declared import OPEN_TYPE, is_meant_for_coroutines
from forge_doctor.lint.dataflow.uses import Fate, Use, harmless


def fate_of_returned(project: Project, node: Node, statement: Node) -> Fate:
    """From an `async def` the caller's one `await` gives the coroutine; a plain function may hand it on."""
    function = statement.function
    if function is None or not function.is_async or function.is_generator:
        return harmless(node)
    if statement.enclosing(Lambda) is not None:
        return harmless(node)
    if is_meant_for_coroutines(project, function.returns):
        return harmless(node)
    if re.search(rb"await\s*\(\s*await\s+[\w.]*\b" + re.escape(function.name).encode() + rb"\s*\(", function.file.data):
        return harmless(node)
    return Fate(use=Use.RETURNED, node=statement)


def fate_of_yielded(project: Project, node: Node, statement: Node) -> Fate:
    """From an async generator that says it gives something else: as a dependency or context manager, too."""
    function = statement.function
    if function is None or not function.is_async or statement.enclosing(Lambda) is not None:
        return harmless(node)
    declared = function.returns.items[:1] if isinstance(function.returns, Subscript) else ()
    if any(not is_meant_for_coroutines(project, one) and not OPEN_TYPE.fullmatch(one.text) for one in declared):
        return Fate(use=Use.YIELDED, node=statement)
    return harmless(node)
