"""One revision file: its ids and functions, evaluated, not imported."""

from __future__ import annotations

import re
from collections.abc import Iterable

from forge_doctor.code.syntax.nodes import Assign, FunctionDef, Name, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.dataclass import dataclass
from forge_doctor.finding import Location
from forge_doctor.migrations.evaluation.values import Frame, Function, Value

IDS = ("revision", "down_revision", "branch_labels", "depends_on")


@dataclass(frozen=True, slots=True, eq=False)
class Revision:
    """One file of a versions folder that names a revision.

    `down` are its parents, `depends_on` what must be there as well (ids or labels), `places` where the ids are written;
    `upgrade` and `downgrade` are None where there is no such function; `title` is the first line of the docstring.
    """

    id: str
    down: tuple[str, ...]
    labels: tuple[str, ...]
    depends_on: tuple[str, ...]
    file: SourceFile
    title: str
    places: dict[str, Node]
    upgrade: Function | None
    downgrade: Function | None

    @property
    def path(self) -> str:
        """The file, as findings name it."""
        return self.file.path

    def place(self, name: str) -> Location:
        """Where an id is written; the file's first line where it is not."""
        node = self.places.get(name)
        return Location(target=self.path, line=1, column=1) if node is None else self.file.location(node)


def read_revision(file: SourceFile, frame: Frame) -> Revision | None:
    """The revision of a file; None where it names none."""
    names = frame.names
    id_ = names.get("revision")
    if not isinstance(id_, str):
        return None
    return Revision(
        id=id_,
        down=_ids(names.get("down_revision")),
        labels=_ids(names.get("branch_labels")),
        depends_on=_ids(names.get("depends_on")),
        file=file,
        title=_title(file),
        places=_places(file),
        upgrade=_function(names.get("upgrade")),
        downgrade=_function(names.get("downgrade")),
    )


def _function(value: Value) -> Function | None:
    return value if isinstance(value, Function) else None


def _ids(value: Value) -> tuple[str, ...]:
    """`None`, one id, or several; `(A, B)` in one string is what Alembic takes in its ini alone."""
    if isinstance(value, str):
        return (value,) if value else ()
    given: Iterable[Value] = value if isinstance(value, tuple | list) else ()
    return tuple(one for one in given if isinstance(one, str))


def _places(file: SourceFile) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for node in file.module.body:
        if isinstance(node, Assign) and isinstance(node.target, Name) and node.target.text in IDS:
            found[node.target.text] = node
        elif isinstance(node, FunctionDef) and node.name in ("upgrade", "downgrade"):
            found[node.name] = node
    return found


def _title(file: SourceFile) -> str:
    head = re.match(rb"""\s*+(?:#[^\n]*+\s++)*+[rR]?(?:'''|\"\"\"|"|')\s*+([^\n"']*+)""", file.data)
    return "" if head is None else head[1].decode("utf-8", "replace").strip()
