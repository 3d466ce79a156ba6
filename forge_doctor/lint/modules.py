"""Where the project's modules are: dotted names to files, looked up when an import asks; reads no module.

What a look-up gives is told by the project's Python files, the folders its search leaves out, and the folders
outside of that search that were looked into: all three are there for whoever keeps answers.
"""

# Strings, not Path, where each file of a tree passes.
# ruff: noqa: PTH114, PTH118, PTH120

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

NOT_OURS = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "build", "dist"})
REPOSITORIES = frozenset({".git", ".hg"})
ROOT_MARKS = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})


class Roots:
    """Finds the projects around files; looks at each folder once."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}
        self._marks: dict[str, tuple[bool, bool]] = {}

    def of(self, folder: str) -> str:
        """The project around a folder: the nearest folder with .git, else the topmost with a pyproject.toml,
        else the folder itself."""
        found = self._of.get(folder)
        if found is None:
            found = self._of[folder] = self._search(os.path.realpath(folder))
        return found

    def _search(self, folder: str) -> str:
        around, topmost = folder, folder
        while True:
            if around not in self._marks:
                names = names_in(around)
                self._marks[around] = (not names.isdisjoint(REPOSITORIES), not names.isdisjoint(ROOT_MARKS))
            repository, project = self._marks[around]
            if repository:
                return around
            topmost = around if project else topmost
            above = os.path.dirname(around)
            if above == around:
                return topmost
            around = above


def find_root(start: Path) -> Path:
    """The project around a file or folder."""
    return Path(Roots().of(str(start if start.is_dir() else start.parent)))


class Modules:
    """Finds modules under `root`, beside a file outside it only what that file imports relatively.

    `left_out` are the folders that `files` found and did not enter, though an import may; `foreign` are the
    names in the folders that were looked into and that `files` does not enter.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.left_out: list[str] = []
        self.foreign: dict[Path, frozenset[str]] = {}
        self._listings: dict[Path, frozenset[str]] = {}
        self._found: dict[tuple[str, Path], Path | None] = {}
        self._bases_of: dict[Path, list[Path]] = {}

    def find(self, dotted: str, importer: Path) -> Path | None:
        """The file of a module as `importer` sees it; leading dots are relative; None where it is
        not of this project."""
        key = (dotted, importer.parent)
        if key not in self._found:
            self._found[key] = self._search(dotted, importer)
        return self._found[key]

    def files(self) -> Iterator[Path]:
        """Every Python file under the root, outside of hidden folders and installed packages."""
        for folder, folders, names in os.walk(self.root):
            visible = [name for name in folders if name[0] != "." and name != "__pycache__"]
            folders[:] = [name for name in visible if name not in NOT_OURS]
            for name in visible:
                inner = os.path.join(folder, name)
                if name in NOT_OURS or name.endswith(".py") or os.path.islink(inner):
                    self.left_out.append(inner)
            yield from (Path(folder, name) for name in names if name.endswith(".py"))

    def _search(self, dotted: str, importer: Path) -> Path | None:
        name = dotted.lstrip(".")
        level = len(dotted) - len(name)
        parts = tuple(part for part in name.split(".") if part)
        if level:
            folder = importer.parent
            for _ in range(level - 1):
                folder = folder.parent
            return self._below(folder, parts)
        bases = self._bases_of.get(importer.parent)
        if bases is None:
            bases = self._bases_of[importer.parent] = self._bases(importer)
        for base in bases:
            if parts and self._has(base, parts[0]):
                found = self._below(base, parts)
                if found is not None:
                    return found
        return None

    def _bases(self, importer: Path) -> list[Path]:
        """Folders an absolute import may start from, nearest first, packages themselves left out."""
        bases: list[Path] = []
        around = [folder for folder in importer.parents if folder == self.root or self.root in folder.parents]
        for folder in around:
            names = self._listing(folder)
            if "__init__.py" not in names or folder == importer.parent:
                bases.append(folder)
            if "src" in names:
                bases.append(folder / "src")
        bases += [
            inner
            for name in sorted(self._listing(self.root))
            if "." not in name and (inner := self.root / name) not in bases and inner.is_dir()
        ]
        return bases

    def _below(self, folder: Path, parts: tuple[str, ...]) -> Path | None:
        for part in parts[:-1]:
            if part not in self._listing(folder):
                return None
            folder = folder / part
        names = self._listing(folder)
        if not parts:
            return folder / "__init__.py" if "__init__.py" in names else None
        if parts[-1] in names and "__init__.py" in self._listing(folder / parts[-1]):
            return folder / parts[-1] / "__init__.py"
        return folder / f"{parts[-1]}.py" if f"{parts[-1]}.py" in names else None

    def _has(self, folder: Path, name: str) -> bool:
        names = self._listing(folder)
        return name in names or f"{name}.py" in names

    def _listing(self, folder: Path) -> frozenset[str]:
        names = self._listings.get(folder)
        if names is None:
            names = self._listings[folder] = names_in(folder)
            if not self._is_searched(folder):
                self.foreign[folder] = names
        return names

    def _is_searched(self, folder: Path) -> bool:
        """Whether `files` enters a folder."""
        if folder == self.root or self.root not in folder.parents:
            return folder == self.root
        is_ours = folder.name[0] != "." and folder.name not in NOT_OURS
        return is_ours and self._is_searched(folder.parent) and not folder.is_symlink()


def names_in(folder: Path | str) -> frozenset[str]:
    """What a folder holds; nothing where it cannot be looked into."""
    try:
        return frozenset(os.listdir(folder))  # noqa: PTH208 - names only, a Path each would cost most of a look-up
    except OSError:
        return frozenset()
