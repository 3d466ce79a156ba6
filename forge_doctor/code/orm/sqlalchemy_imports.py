"""What a function of SQLAlchemy is called in a file, with the edit that imports it where nothing does yet."""

from __future__ import annotations

from typing import NamedTuple

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.kept_with_file import kept_with_file
from forge_doctor.code.syntax.nodes import Expr, Import, ImportFrom, Node, Str
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Edit


class ImportedName(NamedTuple):
    """The name to write, and the edits it needs first."""

    name: str
    edits: tuple[Edit, ...] = ()


def imported_name(project: Project, at: Node, name: str, *, safe: bool = True) -> ImportedName | None:
    """`sqlalchemy.<name>` as seen from `at`; None where the name means something else there."""
    found = project.scopes(at.file).lookup(name, at)
    if found is not None:
        bindings = found[1]
        targets = {project.target(one, at.file).dotted for one in bindings}
        known = all(one.partition(".")[0] in ("sqlalchemy", "sqlmodel") and one.endswith(f".{name}") for one in targets)
        return ImportedName(name=name) if known else None
    if project.scopes(at.file).module.star_imports:
        return None
    return ImportedName(name=name, edits=(_import_edit(at, name, safe=safe),))


def _import_edit(at: Node, name: str, *, safe: bool) -> Edit:
    """Above the first import of the library, else above the first statement that may follow it."""
    file = at.file
    return file.insertion(_place(file), f"from sqlalchemy import {name}\n", safe=safe)


@kept_with_file
def _place(file: SourceFile) -> int:
    body = file.module.body
    movable = [one for one in body if one.raw.type != "future_import_statement" and not _is_docstring(one, body)]
    imports = [one for one in movable if isinstance(one, Import | ImportFrom)]
    near = next((one for one in imports if "sqlalchemy" in one.text), None)
    first = near or (imports[0] if imports else movable[0])
    # A decorated definition begins before its own node does; a semicolon may stand before an import.
    outer = first.raw.parent if first.raw.parent is not None and first.raw.parent.parent is not None else first.raw
    return file.data.rfind(b"\n", 0, outer.start_byte) + 1


def _is_docstring(statement: Node, body: tuple[Node, ...]) -> bool:
    return statement is body[0] and isinstance(statement, Expr) and isinstance(statement.value, Str)
