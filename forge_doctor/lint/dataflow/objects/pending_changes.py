"""Columns of loaded objects that a function sets, for the next flush to save; knows no change made by other means."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.code.orm.mapped_attributes import is_column
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Name, Str
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import Shape
from forge_doctor.regex import regex

CHANGED = regex(rb"^[ \t]+([^\W\d]\w*)\.\w+[ \t]*(?:[-+|]?=)(?!=)", re.MULTILINE)
LOADING = regex(rb"await[ \t(]+[\w.]+\.(?:get|get_one|scalars?|exec|execute)\(")
# An object taken out of the session, or a change that the session is told to forget.
LET_GO = regex(r"expunge|expire|make_transient|no_autoflush|refresh")


def changes(file: SourceFile, project: Project) -> Iterator[tuple[Assign, Name]]:
    """Every `user.name = ...` of an object that a query of the same function loaded, with the session of the query."""
    if LOADING.search(file.data) is None:
        return
    for match in CHANGED.finditer(file.data):
        name = file.node_at(match.start(1))
        assign = None if name is None else name.enclosing(Assign)
        if isinstance(name, Name) and name.id not in ("self", "cls") and isinstance(assign, Assign):
            session = _loaded_by(project, assign)
            if session is not None and not _is_blanked(assign):
                yield assign, session


def _loaded_by(project: Project, assign: Assign) -> Name | None:
    target, function = assign.target, assign.function
    if not isinstance(target, Attribute) or function is None or LET_GO.search(function.text):
        return None
    one = loaded(project, target.value)
    if one is None or one.shape is not Shape.OBJECT or one.hops or not isinstance(one.session, Name):
        return None
    here = one.call.function is function and is_column(project, one.model, target.attr)
    return one.session if here else None


def _is_blanked(assign: Assign) -> bool:
    """Whether a value is taken away, as before an object is shown: never meant to be saved, maybe."""
    value = assign.value
    return value is None or value.text == "None" or (isinstance(value, Str) and not value.value.strip("*"))
