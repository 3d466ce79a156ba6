"""The files of a project: opened on demand, found by the names of modules, outlined unparsed; infers nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from forge_doctor.code.files.contents import Reading, digest_of_names
from forge_doctor.code.files.modules import Modules, find_root
from forge_doctor.code.semantics.names.outline import LateSurface, Surface, Surfaces
from forge_doctor.code.syntax.source import SourceFile

WITHOUT_TREES = ("reading", "_modules", "lasting", "surfaces", "async_names", "data_access_names", "has_async_sessions")


class ProjectFiles:
    """`reading` tells which files an answer rested on.

    `surfaces` of files nobody has opened may be given by whoever has read them already.
    """

    def __init__(
        self, root: Path, overlay: Mapping[Path, bytes] | None = None, surfaces: Surfaces | None = None
    ) -> None:
        self.root = root
        self.overlay = dict(overlay or {})
        self.reading = Reading(root, self.overlay)
        self._given_surfaces = surfaces
        self._modules = Modules(root, lambda: self.package_names)
        self._files: dict[Path, SourceFile | None] = {}
        self.lasting: dict[Any, Any] = {}

    def renewed(self, most_kept_bytes: int = 0) -> Self:
        """The same project with its trees let go of, but for so much of those that others asked for most; what is known
        of folders and whole files is kept."""
        fresh = type(self)(self.root, self.overlay, self._given_surfaces)
        fresh.__dict__.update({name: self.__dict__[name] for name in WITHOUT_TREES if name in self.__dict__})
        fresh._modules.named = lambda: fresh.package_names
        fresh.reading.opened_bytes = 0
        for path in self.reading.most_wanted([*self._files]):
            file = self._files[path]
            size = 0 if file is None else len(file.data)
            if file is not None and fresh.reading.opened_bytes + size <= most_kept_bytes:
                fresh.reading.opened_bytes += size
                fresh._files[path] = file
                file.kept.clear()
            elif file is not None:
                file.forget()
                self.reading.let_go(path)
        return fresh

    def has(self, file: SourceFile) -> bool:
        """Whether this very object is what the project knows of the file."""
        return self._files.get(file.absolute) is file

    def done_with(self, paths: Iterable[Path]) -> tuple[SourceFile, ...]:
        """Leaves out those of the files that nobody but the one who lints them has opened, and gives them back."""
        done = [path for path in paths if not self.reading.is_wanted(path)]
        found = tuple(file for path in done if (file := self._files.pop(path, None)) is not None)
        self.reading.opened_bytes -= sum(len(file.data) for file in found)
        return found

    @classmethod
    def around(cls, path: Path) -> Self:
        """The project a file or folder belongs to."""
        return cls(find_root(path.resolve()))

    def add(self, file: SourceFile) -> None:
        """Take a file that is already read."""
        self._files[file.absolute] = file

    def open(self, path: Path, importer: SourceFile | None = None) -> SourceFile | None:
        """A file of the project; None where it cannot be read. What is found out for `importer` rests on it."""
        self.reading.note(path, None if importer is None else importer.absolute)
        if path not in self._files:
            data = self.reading.read(path)
            self._files[path] = None if data is None else SourceFile(data, self.reading.name(path), path)
        return self._files[path]

    def open_for_all(self, path: Path) -> SourceFile | None:
        """The same for an answer that is kept for the whole project: every file's findings rest on it."""
        self.reading.for_all.add(path)
        return self.open(path)

    def foundations(self, path: Path) -> tuple[tuple[str, str], ...]:
        """The file, and the other files and folders that findings in it rest on, each with its digest."""
        folders = ((f"{folder}{os.sep}", digest_of_names(names)) for folder, names in self._modules.foreign.items())
        return (self.reading.named(path), *self.reading.rests_on(path), *folders)

    def module(self, dotted: str, importer: SourceFile) -> SourceFile | None:
        """A module of the project by the name an import gives it."""
        path = self._modules.find(dotted, importer.absolute)
        return None if path is None else self.open(path, importer)

    # -- what files tell without being parsed

    @cached_property
    def async_names(self) -> frozenset[str]:
        """The names of functions whose call may give a coroutine; costs one reading of the files, no parsing."""
        return frozenset(name for one in self.surfaces.values() for name in one.async_names)

    @cached_property
    def data_access_names(self) -> frozenset[str]:
        """The same without those of functions that use no session for sure."""
        return frozenset(name for one in self.surfaces.values() for name in one.data_access_names)

    @cached_property
    def has_async_sessions(self) -> bool:
        """Whether any file says a word of asyncio's sessions, their factories or engines."""
        return any(one.has_async_sessions for one in self.surfaces.values())

    @cached_property
    def package_names(self) -> frozenset[str]:
        """The names before a dot in imports of the project."""
        return frozenset(name for one in self.surfaces.values() for name in one.packages)

    @cached_property
    def surfaces(self) -> Surfaces:
        """What every file tells without being parsed, in the order of their paths."""
        known = self._given_surfaces or {}
        paths = [*known] or [Path(name) for name in self._modules.files()]
        if self.overlay:
            paths = sorted({*paths, *self.overlay})
        found: dict[Path, Surface | LateSurface] = {}
        for path in paths:
            if path in known and path not in self.overlay:
                found[path] = known[path]
            elif (data := self.reading.bytes_of(path)) is not None:
                found[path] = LateSurface(data)
        return found
