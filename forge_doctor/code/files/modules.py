"""Where the project's modules are: dotted names to files, looked up when an import asks; reads no module.

What a look-up gives is told by the project's Python files, the folders its search leaves out, and the folders
outside of that search that were looked into: all three are there for whoever keeps answers.
"""

# Strings, not Path, where each file of a tree passes.
# ruff: noqa: PTH113, PTH114, PTH118, PTH120

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

# Folders of code that is not the project's own; what is BUILT may as well be the name of a package.
NOT_OURS = frozenset({"node_modules", "site-packages", "__pypackages__", "__pycache__", "venv"})
BUILT = frozenset({"build", "dist"})
PACKAGE_MARK = "__init__.py"
REPOSITORIES = frozenset({".git", ".hg"})
ROOT_MARKS = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
# What stands in the folder of an application, where that was unpacked or copied without its repository.
APPLICATION_MARKS = frozenset({"requirements.txt", "Pipfile", "uv.lock", "poetry.lock", "manage.py"})
# How far below the root a folder may be that packages stand in: `services/shop/api/src`.
MOST_FOLDERS_DOWN = 4


class Roots:
    """Finds the projects around files; looks at each folder once."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}
        self._real: dict[str, str] = {}
        self._marks: dict[str, tuple[bool, bool, bool, bool]] = {}

    def of(self, folder: str) -> str:
        """The project around a folder: the nearest folder with .git, else the topmost with a pyproject.toml,
        else the nearest with a requirements.txt or the like, else the nearest that is no package."""
        found = self._of.get(folder)
        if found is None:
            found = self._of[folder] = self._search(self._without_links(folder))
        return found

    def _without_links(self, folder: str) -> str:
        """The real path; below a folder whose own is known, one look tells."""
        above, name = os.path.split(folder)
        inner = os.path.join(self._real[above], name) if above in self._real and name not in ("", "..") else folder
        real = self._real[folder] = os.path.realpath(inner) if inner is folder or os.path.islink(inner) else inner
        return real

    def _search(self, folder: str) -> str:
        around, topmost, application, outside_packages = folder, "", "", folder
        while True:
            repository, project, package, is_application = self._marks_of(around)
            if repository:
                return around
            above = os.path.dirname(around)
            topmost = around if project else topmost
            application = application or (around if is_application else "")
            outside_packages = above if package and around == outside_packages else outside_packages
            if above == around:
                return topmost or application or outside_packages
            around = above

    def _marks_of(self, folder: str) -> tuple[bool, bool, bool, bool]:
        """Whether it is a repository, a project, a package, the folder of an application."""
        if folder not in self._marks:
            names = names_in(folder)
            is_repository, is_project = (not names.isdisjoint(one) for one in (REPOSITORIES, ROOT_MARKS))
            is_application = not names.isdisjoint(APPLICATION_MARKS)
            self._marks[folder] = is_repository, is_project, PACKAGE_MARK in names, is_application
        return self._marks[folder]


def find_root(start: Path) -> Path:
    """The project around a file or folder."""
    return Path(Roots().of(str(start if start.is_dir() else start.parent)))


class Modules:
    """Finds modules under `root`, beside a file outside it only what that file imports relatively.

    `left_out` are the folders that `files` found and did not enter, though an import may, and `marks` the files it found
    that make a folder a project; `foreign` are the names in the folders that were looked into and that `files` does not
    enter. `named` gives the names that the project's imports begin with where they go on behind a dot: a folder of such a
    name is a package, marked as one or not.
    """

    def __init__(self, root: Path, named: Callable[[], frozenset[str]] = frozenset) -> None:
        self.root = root
        self.named = named
        self.left_out: list[str] = []
        self.marks: list[str] = []
        self.foreign: dict[Path, frozenset[str]] = {}
        self._listings: dict[Path, frozenset[str]] = {}
        self._found: dict[Path, dict[str, Path | None]] = {}  # by the importer's folder
        self._importers: dict[
            Path, tuple[str, dict[str, Path | None]]
        ] = {}  # each one's name, and what its folder finds
        self._bases_of: dict[Path, list[Path]] = {}
        self._starts_of: dict[Path, dict[str, list[Path]]] = {}  # by the importer's folder, and what a name begins with
        self._above: dict[Path, list[Path]] = {}

    def find(self, dotted: str, importer: Path) -> Path | None:
        """The file of a module as `importer` sees it; leading dots are relative; None where it is
        not of this project."""
        # A file named like what it imports is not what it means.
        seen = self._importers.get(importer)
        if seen is None:
            seen = self._importers[importer] = importer.stem, self._found.setdefault(importer.parent, {})
        stem, found = seen
        key = f"{dotted} {importer}" if stem in dotted else dotted
        if key not in found:
            found[key] = self._search(dotted, importer)
        return found[key]

    def files(self) -> list[str]:
        """Every Python file under the root, outside of hidden folders and installed packages, in the order of paths."""
        return sorted(self._walk(), key=_parts)

    def _walk(self) -> Iterator[str]:
        for folder, folders, names in os.walk(self.root):
            visible = [name for name in folders if name[0] != "." and name != "__pycache__"]
            folders[:] = [name for name in visible if not is_foreign(name, folder)]
            for name in visible:
                inner = os.path.join(folder, name)
                if name not in folders or name.endswith(".py") or os.path.islink(inner):
                    self.left_out.append(inner)
            self.marks += (os.path.join(folder, name) for name in ROOT_MARKS.intersection(names))
            yield from (os.path.join(folder, name) for name in names if name.endswith(".py"))

    def _search(self, dotted: str, importer: Path) -> Path | None:
        name = dotted.lstrip(".")
        level = len(dotted) - len(name)
        parts = tuple(part for part in name.split(".") if part)
        if level:
            folder = importer.parent
            for _ in range(level - 1):
                folder = folder.parent
            return self._below(folder, parts)
        for base in self._starts(parts[0], importer) if parts else ():
            found = self._below(base, parts)
            if found is not None and found != importer:
                return found
        return self._started_above(parts, importer) or self._far_away(parts)

    def _starts(self, name: str, importer: Path) -> list[Path]:
        """The bases of a file's imports that have what a module's name begins with."""
        folder = importer.parent
        known = self._starts_of.setdefault(folder, {})
        found = known.get(name)
        if found is None:
            bases = self._bases_of.get(folder)
            if bases is None:
                bases = self._bases_of[folder] = self._bases(importer)
            found = known[name] = [base for base in bases if self._has(base, name)]
        return found

    def _started_above(self, parts: tuple[str, ...], importer: Path) -> Path | None:
        """A module of a package beside the importer's own, inside a marked one that programs are started in. A name
        alone would rather be another project's: `redis` in `shop/api/cache.py` is not `shop/redis.py`."""
        if len(parts) <= 1 or parts[0] in sys.stdlib_module_names:
            return None
        above = self._above.get(importer.parent)
        if above is None:
            folders = [*importer.parents]
            inside = self.root in folders[1:]
            above = self._above[importer.parent] = folders[1 : folders.index(self.root)] if inside else []
        found = (self._below(folder, parts) for folder in above if parts[0] in self._listing(folder))
        return next((path for path in found if path is not None), None)

    def _far_away(self, parts: tuple[str, ...]) -> Path | None:
        """A module of another project of the same repository, where only one can be meant."""
        if not parts or parts[0] in sys.stdlib_module_names:
            return None
        found = {self._below(base, parts) for base in self._far_bases.get(parts[0], ())} - {None}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def _far_bases(self) -> dict[str, list[Path]]:
        """The folders anywhere that an absolute import may start from, by the name it begins with: those with packages
        in them, and any called `src`."""
        found: dict[str, list[Path]] = {}
        waiting = [(self.root, 0)]
        while waiting:
            folder, depth = waiting.pop()
            marks = self._listing(folder)
            # A project may be marked as a package, and is started in all the same.
            is_inside_package = folder != self.root and PACKAGE_MARK in marks and marks.isdisjoint(ROOT_MARKS)
            for inner in folders_in(folder):
                names = self._listing(inner)
                # A folder of projects may be marked as a package itself: what lies in one is a project, or no start.
                if is_inside_package and names.isdisjoint(ROOT_MARKS):
                    continue
                is_package = PACKAGE_MARK in names
                if (is_package or inner.name in self.named() or folder.name == "src") and not is_inside_package:
                    found.setdefault(inner.name, []).append(folder)
                if depth < MOST_FOLDERS_DOWN:
                    waiting.append((inner, depth + 1))
        return found

    def _bases(self, importer: Path) -> list[Path]:
        """Folders an absolute import may start from, nearest first. The root is one whatever lies in it, since programs
        are started there; packages come last, for what is started in them."""
        bases: list[Path] = []
        packages: list[Path] = []
        above = list(importer.parents)
        for folder in above[: above.index(self.root) + 1] if self.root in above else ():
            names = self._listing(folder)
            if folder == self.root or not self._is_package(folder):
                bases.append(folder)
            elif PACKAGE_MARK not in names or folder == importer.parent:
                packages.append(folder)
            if "src" in names:
                bases.append(folder / "src")
        inner = [self.root / name for name in sorted(self._listing(self.root)) if "." not in name]
        bases += [folder for folder in inner if folder not in (*bases, *packages) and folder.is_dir()]
        return [*bases, *packages]

    def _is_package(self, folder: Path) -> bool:
        return PACKAGE_MARK in self._listing(folder) or folder.name in self.named()

    def _below(self, folder: Path, parts: tuple[str, ...]) -> Path | None:
        for part in parts[:-1]:
            if part not in self._listing(folder):
                return None
            folder = folder / part
        names = self._listing(folder)
        if not parts:
            return folder / PACKAGE_MARK if PACKAGE_MARK in names else None
        if parts[-1] in names and PACKAGE_MARK in self._listing(folder / parts[-1]):
            return folder / parts[-1] / PACKAGE_MARK
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
        is_ours = folder.name[0] != "." and not is_foreign(folder.name, folder.parent)
        return is_ours and self._is_searched(folder.parent) and not folder.is_symlink()


def _parts(name: str) -> list[str]:
    return name.split(os.sep)  # noqa: PTH206 - each file of a tree passes here


def names_in(folder: Path | str) -> frozenset[str]:
    """What a folder holds; nothing where it cannot be looked into."""
    try:
        return frozenset(os.listdir(folder))  # noqa: PTH208 - names only, a Path each would cost most of a look-up
    except OSError:
        return frozenset()


def folders_in(folder: Path) -> Iterator[Path]:
    """The folders in a folder that are searched: no hidden one, no link, none of other people's code."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return
    yield from (folder / name for name in found if name[0] != "." and not is_foreign(name, folder))


def is_foreign(name: str, parent: Path | str) -> bool:
    """Whether a folder holds no code of the project's own, as its name tells: a package may be called `build`."""
    return name in NOT_OURS or (name in BUILT and not is_part_of_package(os.path.join(parent, name)))


def is_part_of_package(folder: str) -> bool:
    """Whether a folder is a package, or lies in one without a mark of its own: what tools build lies beside a
    project's files."""
    if os.path.isfile(os.path.join(folder, PACKAGE_MARK)):
        return True
    names = names_in(os.path.dirname(folder))
    return PACKAGE_MARK in names and names.isdisjoint(ROOT_MARKS)
