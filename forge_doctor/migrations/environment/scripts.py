"""Opens the env.py of migration trees, each once, in the project around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from forge_doctor.code.files.contents import regular_bytes
from forge_doctor.code.files.discover import discover
from forge_doctor.code.files.walk import Scope, shown
from forge_doctor.code.semantics.project import Project
from forge_doctor.migrations.environment.env_script import EnvScript, IniFile
from forge_doctor.migrations.environment.sources import Sources
from forge_doctor.migrations.tree.configuration import LARGEST
from forge_doctor.migrations.tree.tree import Tree

NEWEST = 10


class Scripts:
    """The projects the trees of one run belong to, by their roots; findings name files from `here`."""

    def __init__(self, here: Path, scope: Scope, overlay: Mapping[Path, bytes] | None = None) -> None:
        self.here = here
        self.overlay = overlay or {}
        self.scope = scope
        self._projects: dict[Path, tuple[Project, Sources]] = {}

    def of(self, tree: Tree) -> EnvScript | None:
        """The env.py of a tree; None where it has none."""
        if tree.env is None:
            return None
        project, sources = self._around(tree.place.project)
        file = project.open(tree.place.env)
        if file is None:
            return None
        newest = tuple(one.file for one in tree.graph.order[-NEWEST:])
        return EnvScript(project, file, self._ini(tree), sources, newest)

    def _around(self, root: Path) -> tuple[Project, Sources]:
        if root not in self._projects:
            project = Project(root, self.overlay)
            project.reading.here = self.here
            self._projects[root] = project, Sources(lambda: self._listed(root), project.reading)
        return self._projects[root]

    def _listed(self, root: Path) -> Iterator[Path]:
        yield from discover([root], self.scope).files

    def _ini(self, tree: Tree) -> IniFile | None:
        configuration = tree.place.configuration
        if configuration is None:
            return None
        path = configuration.file
        data = regular_bytes(path, LARGEST)
        if data is None:
            return None
        text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
        return IniFile(shown(path.relative_to(self.here) if path.is_relative_to(self.here) else path), text)
