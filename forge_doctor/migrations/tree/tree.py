"""One migration tree: its configuration, env.py, version folders, and the revisions in them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from forge_doctor.code.files.modules import find_root
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.dataclass import dataclass
from forge_doctor.finding import NotRun
from forge_doctor.migrations.tree.configuration import Configuration
from forge_doctor.migrations.tree.graph import Graph
from forge_doctor.migrations.tree.revision import Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a tree lies: `folder` is what holds env.py, `versions` the folders of revisions."""

    folder: Path
    versions: tuple[Path, ...]
    is_recursive: bool = False
    configuration: Configuration | None = None

    @property
    def project(self) -> Path:
        """The project around it: with the folder of its configuration, which Alembic runs in, or the one above env.py."""
        root = find_root(self.folder)
        runs_in = self.folder.parent if self.configuration is None else self.configuration.file.parent
        return runs_in if root.is_relative_to(runs_in) else root

    @property
    def env(self) -> Path:
        """The env.py, there or not."""
        return self.folder / "env.py"


class Nearby:
    """env.py and the modules of the project that it imports: opened when first asked about."""

    def __init__(self, opening: Callable[[], tuple[SourceFile, ...]]) -> None:
        self._opening = opening

    @cached_property
    def files(self) -> tuple[SourceFile, ...]:
        """The files, env.py first."""
        return self._opening()

    def mentions(self, *words: bytes) -> bool:
        """Whether one of them contains one of the words."""
        return any(file.mentions(*words) for file in self.files)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tree:
    """One tree as read; `unread` tells of files that could not be, `name` is the folder as findings name it."""

    place: Place
    name: str
    env: SourceFile | None
    graph: Graph
    nearby: Nearby
    unread: tuple[NotRun, ...] = ()

    @property
    def revisions(self) -> tuple[Revision, ...]:
        """All revisions, by file."""
        return self.graph.all
