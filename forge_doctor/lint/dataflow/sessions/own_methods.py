"""Whether a session may have a method that SQLAlchemy's class lacks: one of the project's own; calls nothing."""

from __future__ import annotations

import re

from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.kept_with_file import kept_with_file
from forge_doctor.code.syntax.nodes import Assign, Call, ClassDef
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex

# `AsyncSession.first = first`, and whatever `setattr` gives it.
ADDED = regex(rb"\bAsyncSession\s*\.\s*(\w+)\s*=|setattr\(\s*AsyncSession\b")
ANY = b""
ANY_NAME = ("__getattr__", "__getattribute__")
# Libraries whose classes give no methods to those that inherit.
NAMELESS = ("typing", "typing_extensions", "abc")


def may_have(project: Project, value: Value, call: Call) -> bool:
    """Whether what is called is defined by the session's class, put into SQLAlchemy's, or asked for with `hasattr` before."""
    data, name = call.file.data, call.method.encode()
    added = _added(call.file)
    if name in added or ANY in added:
        return True
    function = call.function
    around = data[function.start : function.end] if function is not None else b""
    if re.search(rb"\b(?:has|get)attr\([^)\n]{1,200}[\"']%s[\"']" % re.escape(name), around) is not None:
        return True
    return isinstance(value.definition, ClassDef) and _defines(project, value.definition, call.method)


@kept_with_file
def _added(file: SourceFile) -> frozenset[bytes]:
    """The methods that a file puts into SQLAlchemy's class."""
    return frozenset(ADDED.findall(file.data))


def _defines(project: Project, class_: ClassDef, name: str) -> bool:
    """Whether a class or an ancestor of it gives its objects an attribute of that name; one that nobody knows may."""
    if any(project.method(class_, one) is not None for one in (name, *ANY_NAME)):
        return True
    for base in project.bases(class_):
        known = base.inner.definition
        if base.kind is not Kind.CLASS and base.name.partition(".")[0] not in NAMELESS:
            return True
        assigns = (one for one in known.body if isinstance(one, Assign)) if isinstance(known, ClassDef) else ()
        if any(target.text == name for one in assigns for target in one.targets):
            return True
    return False
