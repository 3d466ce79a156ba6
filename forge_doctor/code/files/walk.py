"""One folder's Python files: .gitignore through git itself where it has a say, then the excludes; follows no link to a
folder."""

# Strings, not Path, since a tree has tens of thousands of paths.
# ruff: noqa: PTH110, PTH113, PTH114, PTH118, PTH119, PTH120

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from forge_doctor.code.files.ignore_file import IGNORE_FILE, IgnoreFiles, is_ignored, read_ignore_file
from forge_doctor.code.files.modules import BUILT, NOT_OURS, is_part_of_package
from forge_doctor.code.files.path_patterns import Patterns
from forge_doctor.dataclass import dataclass, field
from forge_doctor.finding import NotRun
from forge_doctor.probes.git import GitAnswer, ask_git
from forge_doctor.regex import regex

DISCOVER = "discover"
# Folders that hold no code of the project's own, beside what was built; an editor's `.history` has what files once were, and
# Docusaurus keeps the examples of earlier releases in `versioned_docs`, whose imports are those releases.
DEFAULT_EXCLUDES = (
    *(".git", ".hg", ".svn", ".bzr", ".venv", ".tox", ".nox", ".eggs", ".ipynb_checkpoints"),
    *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".history", "versioned_docs"),
    *sorted(NOT_OURS),
)
STAGED = regex(rb"(?P<mode>\d{6}) [0-9a-f]{40,64} \d\t(?P<path>.*)", re.DOTALL)
SUBMODULE = b"160000"


class Excludes(NamedTuple):
    """What is left out; of packages less, since one may be called `build`."""

    everywhere: Patterns
    of_packages: Patterns

    def name(self, relative: str, path: str) -> bool:
        """Whether this very path is named; `relative` is the path as patterns see it."""
        is_ours = os.path.basename(path) in BUILT and is_part_of_package(path)
        return (self.of_packages if is_ours else self.everywhere).name(relative)


def excludes(extra: Iterable[str] = ()) -> Excludes:
    """The default excludes and the user's own after them (`!build` takes one back)."""
    own = tuple(extra)
    return Excludes(
        everywhere=Patterns(written=(*DEFAULT_EXCLUDES, *sorted(BUILT), *own)),
        of_packages=Patterns(written=(*DEFAULT_EXCLUDES, *own)),
    )


def shown(path: str | Path) -> str:
    """The path as it can be printed: with `/`, bytes that are no UTF-8 escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace").replace(os.sep, "/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What narrows a search: the excludes, counted from `base`, and whether .gitignore is honoured."""

    base: Path
    excludes: Excludes = field(default_factory=excludes)
    force_exclude: bool = False
    gitignore: bool = True

    def relative(self, path: str) -> str:
        """The path as patterns see it; outside `base` only its name."""
        prefix = f"{self.base}{os.sep}"
        return (path.removeprefix(prefix) if path.startswith(prefix) else os.path.basename(path)).replace(os.sep, "/")

    def excluded(self, path: str) -> bool:
        """Whether an exclude names this very path."""
        return self.excludes.name(self.relative(path), path)

    def covered(self, path: str) -> bool:
        """Whether an exclude names the path or a folder above it."""
        folders_above = self.relative(path).count("/")
        above = path
        for _ in range(folders_above + 1):
            if self.excluded(above):
                return True
            above = os.path.dirname(above)
        return False


class Search:
    """The files below `top`, those of them that are `links`; what could not be looked at is added to `blind`."""

    def __init__(self, scope: Scope, top: str, blind: list[NotRun]) -> None:
        self.scope = scope
        self.top = top
        self.blind = blind
        self.verdicts: dict[str, bool] = {}
        self.links: set[str] = set()

    def files(self) -> Iterator[str]:
        """The folder's Python files, in no order."""
        listing = self._git_listing(self.top) if self.scope.gitignore else None
        for path in self._walk(self.top) if listing is None else self._from_git(self.top, listing):
            if path.endswith(".py") and not self._excluded(path) and self._is_file(path):
                yield path

    def _excluded(self, path: str) -> bool:
        """Whether the path, or a folder between it and the top, is named by an exclude."""
        if path not in self.verdicts:
            above = os.path.dirname(path)
            self.verdicts[path] = (len(above) > len(self.top) and self._excluded(above)) or self.scope.excluded(path)
        return self.verdicts[path]

    def _is_file(self, path: str) -> bool:
        """False for what is no file or is gone: git lists deleted files, and others work beside us."""
        try:
            mode = os.lstat(path).st_mode
        except FileNotFoundError:
            return False
        except OSError as error:
            self._unseen(path, error.strerror)
            return False
        if not stat.S_ISLNK(mode):
            return stat.S_ISREG(mode)
        # One that leads nowhere holds nothing to lint; editors leave them as locks.
        self.links.add(path)
        return os.path.isfile(path)

    def _unseen(self, path: str, reason: str | None) -> None:
        self.blind.append(
            NotRun(
                check=DISCOVER,
                reason=f"{shown(path)}: {reason}: nothing in it was linted",
                remedy="make it readable, or leave it out with --exclude",
            )
        )

    def _git_listing(self, folder: str) -> GitAnswer | None:
        """What git tracks or would add below the folder; None where git has no say in it."""
        answer = ask_git(Path(folder), "ls-files", "--stage", "--cached", "--others", "--exclude-standard", "-z")
        if not answer.ok:
            return None
        ignored_itself = not answer.out and ask_git(Path(folder), "check-ignore", "-q", ".").ok
        return None if ignored_itself else answer

    def _from_git(self, folder: str, answer: GitAnswer) -> Iterator[str]:
        for path in re.findall(r"(?m)^warning: could not open directory '(.*)/': Permission denied", answer.err):
            self._unseen(os.path.join(folder, path), "Permission denied")
        entries = [entry for entry in answer.out.split(b"\0") if entry]
        environments = tuple(
            os.path.join(folder, os.fsdecode(entry.removesuffix(b"pyvenv.cfg")))
            for entry in entries
            if entry.endswith(b"/pyvenv.cfg") and not STAGED.fullmatch(entry)
        )
        for entry in entries:
            staged = STAGED.fullmatch(entry)
            path = os.path.join(folder, os.fsdecode(staged["path"] if staged else entry))
            if (staged and staged["mode"] == SUBMODULE) or entry.endswith(b"/"):
                yield from self._nested_repository(path.rstrip("/"))
            elif not path.startswith(environments):
                yield path

    def _nested_repository(self, folder: str) -> Iterator[str]:
        if self._excluded(folder) or os.path.islink(folder) or not os.path.exists(os.path.join(folder, ".git")):
            return
        listing = self._git_listing(folder)
        yield from self._walk(folder) if listing is None else self._from_git(folder, listing)

    def _walk(self, top: str) -> Iterator[str]:
        """Where git has no say: its ignore files are honoured all the same."""
        waiting: list[tuple[str, IgnoreFiles]] = [(top, ())]
        while waiting:
            folder, above = waiting.pop()
            try:
                with os.scandir(folder) as found:
                    entries = list(found)
            except FileNotFoundError:
                continue
            except OSError as error:
                self._unseen(folder, error.strerror)
                continue
            names = {entry.name for entry in entries}
            if folder != self.top and "pyvenv.cfg" in names:
                continue
            ignoring = above
            if self.scope.gitignore and IGNORE_FILE in names:
                ignoring = (*above, read_ignore_file(folder))
            for entry, is_folder in _asked_about(entries):
                if ignoring and is_ignored(ignoring, entry.path, is_folder=is_folder):
                    continue
                if not is_folder:
                    yield entry.path
                elif not self._excluded(entry.path):
                    waiting.append((entry.path, ignoring))


def _asked_about(entries: Iterable[os.DirEntry[str]]) -> Iterator[tuple[os.DirEntry[str], bool]]:
    """Folders and Python files, each with whether it is a folder: what patterns say of all else nobody asks."""
    for entry in entries:
        is_folder = entry.is_dir(follow_symlinks=False)
        if is_folder or entry.name.endswith(".py"):
            yield entry, is_folder
