"""Reads the files of a tree into revisions; a file that does not parse is told and the others go on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from forge_doctor.code.files.contents import regular_bytes
from forge_doctor.code.files.modules import Modules
from forge_doctor.code.files.walk import shown
from forge_doctor.code.semantics.names.bindings import bindings_of
from forge_doctor.code.syntax.nodes import Import, ImportFrom
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import NotRun
from forge_doctor.migrations.evaluation.interpreter import Interpreter
from forge_doctor.migrations.evaluation.values import Value
from forge_doctor.migrations.tree.graph import Graph
from forge_doctor.migrations.tree.revision import Revision, read_revision
from forge_doctor.migrations.tree.tree import Nearby, Place, Tree

IMPORTS_DEEP, MOST_IMPORTED = 2, 60
# Bytes: data that a revision inserts does not belong into its source, and takes minutes to parse.
LARGEST = 5_000_000
READING = "migrations"
TEXTS, LONGEST_TEXT = (".sql", ".psql", ".pgsql"), 1_000_000
DIALECT = ("().dialect.name", "().engine.name", "().engine.dialect.name", "().bind.dialect.name", ".bind.dialect.name")


class Reader:
    """Opens files of a project once, and evaluates their modules."""

    def __init__(self, project: Path, here: Path, overlay: Mapping[Path, bytes] | None = None) -> None:
        self.here = here
        self._project = project
        self._overlay = overlay or {}
        self._modules = Modules(project)
        self._files: dict[Path, SourceFile | None] = {}
        self.interpreter = Interpreter(self._imported, known_of_alembic, self._text)

    def open(self, path: Path) -> SourceFile | None:
        """A file; None where it cannot be read."""
        if path not in self._files:
            data = self._content(path)
            self._files[path] = None if data is None else SourceFile(data, self.name(path), path)
        return self._files[path]

    def _content(self, path: Path) -> bytes | None:
        if path in self._overlay:
            return self._overlay[path]
        return regular_bytes(path, LARGEST)

    def _text(self, written: str) -> str | None:
        """The text of a file with SQL below the project, which a relative path counts from, as Alembic is run there."""
        path = Path(os.path.normpath(self._project / written))
        if path.suffix.lower() not in TEXTS or not path.is_relative_to(self._project):
            return None
        data = self._content(path)
        return None if data is None or len(data) > LONGEST_TEXT else data.decode("utf-8-sig", "replace")

    def name(self, path: Path) -> str:
        """How findings name a file."""
        return shown(path.relative_to(self.here) if path.is_relative_to(self.here) else path)

    def reached_from(self, path: Path) -> tuple[SourceFile, ...]:
        """The file and the modules of the project that it imports, directly or by one other."""
        first = self.open(path)
        reached: dict[Path, SourceFile] = {} if first is None else {path: first}
        latest = [*reached.values()]
        for _ in range(IMPORTS_DEEP):
            found = [one for file in latest for one in self._imports_of(file) if one.absolute not in reached]
            latest = [*{one.absolute: one for one in found}.values()][:MOST_IMPORTED]
            reached.update({one.absolute: one for one in latest})
        return tuple(reached.values())

    def _imports_of(self, file: SourceFile) -> Iterator[SourceFile]:
        for kind in (Import, ImportFrom):
            for node in file.query(kind):
                for bound in bindings_of(node):
                    for module in (f"{bound.module}.{bound.imported}", bound.module):
                        found = self._imported(module, file) if bound.module.strip(".") else None
                        if found is not None:
                            yield found
                            break

    def _imported(self, module: str, importer: SourceFile) -> SourceFile | None:
        path = self._modules.find(module, importer.absolute)
        return None if path is None else self.open(path)


def known_of_alembic(path: str) -> tuple[bool, Value]:
    """What is certain of Alembic's objects before they exist: they talk to PostgreSQL, and are online."""
    if path.endswith(DIALECT) or (path.endswith(".dialect.name") and path.startswith("alembic.")):
        return True, "postgresql"
    if path.endswith((".is_offline_mode()", ".as_sql")) and path.startswith("alembic."):
        return True, False
    return False, None


def read_tree(place: Place, reader: Reader) -> Tree:
    """The tree at a place."""
    unread: list[NotRun] = []
    revisions: list[Revision] = []
    for path in revision_files(place):
        file = reader.open(path)
        if file is None:
            unread.append(_unreadable(reader.name(path), f"it cannot be read, or has more than {LARGEST:,} bytes"))
            continue
        if file.problem is not None:
            unread.append(_unreadable(f"{file.path}:{file.problem.line}", file.problem.message))
        revision = read_revision(file, reader.interpreter.module(file))
        if revision is not None:
            revisions.append(revision)
        elif file.problem is None and file.mentions(b"down_revision"):
            unread.append(_unreadable(file.path, "its revision id is only known when it runs"))
    return Tree(
        place=place,
        name=reader.name(place.folder if len(place.versions) != 1 else place.versions[0]),
        env=reader.open(place.env),
        graph=Graph(revisions),
        nearby=Nearby(lambda: reader.reached_from(place.env)),
        unread=tuple(unread),
    )


def _unreadable(name: str, reason: str) -> NotRun:
    return NotRun(
        check=READING, reason=f"{name}: {reason}: what it does is not judged", remedy="mend the file, or remove it"
    )


def revision_files(place: Place) -> Iterator[Path]:
    """The files of the version folders, by name."""
    for folder in place.versions:
        found = folder.rglob("*.py") if place.is_recursive else folder.glob("*.py")
        yield from (one for one in sorted(found) if one.name != "__init__.py" and "__pycache__" not in one.parts)
