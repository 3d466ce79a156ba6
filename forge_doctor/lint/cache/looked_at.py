"""All that a run of the linter looked at, or would look at if it were there: while none of that changes, neither does
what the run says. Opens none of it."""

# Strings, not Path: a tree has thousands of files.
# ruff: noqa: PTH118, PTH120, PTH206

from __future__ import annotations

import os
import sys
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

import forge_doctor
from forge_doctor.code.files.contents import NO_NAME
from forge_doctor.code.files.ignore_file import IGNORE_FILE
from forge_doctor.code.files.modules import APPLICATION_MARKS, NOT_OURS, PACKAGE_MARK, REPOSITORIES, ROOT_MARKS
from forge_doctor.code.files.walk import DEFAULT_EXCLUDES
from forge_doctor.kept_results.file_status import PRESENCE
from forge_doctor.probes.git import files_of_git
from forge_doctor.settings import OWN_FILE

MOST_FOLDERS, MOST_FILES = 20_000, 50_000
CODE, INSTALLED = (".py", ".so", ".pyd"), "-packages"
# What says something of the folder that it lies in.
NOTED = frozenset({*ROOT_MARKS, *APPLICATION_MARKS, OWN_FILE, IGNORE_FILE, "pyvenv.cfg"})
NEVER_ENTERED = frozenset(DEFAULT_EXCLUDES) | NOT_OURS
# Parts of the program that no run of the linter uses but for the names of the checks in them.
OTHER_PARTS = frozenset({"demo", "logs", "migrations", "pool", "slow", "triage"})


class TooMuch(Exception):
    """There is more to look at than pays, or it is not known what was."""


def all_looked_at(
    places: Iterable[Path], here: Iterable[Path], files: Iterable[Path], grounds: Iterable[str], *, gitignore: bool
) -> tuple[str, ...]:
    """Full names: of the folders below `places`, all folders, and the code in them; of `files` and of `grounds`, which
    answers rest on; of what is above the places and the folders that are `here`; and of our own code. Raises `TooMuch`."""
    tops = _outermost(map(str, places))
    found = dict.fromkeys(map(str, files))
    found.update(dict.fromkeys(_name_of(one) for one in grounds if not one.startswith(NO_NAME)))
    for folder in (*tops, *map(str, here)):
        found.update(dict.fromkeys(_above(folder)))
    for top in tops:
        found.update(dict.fromkeys(_below(top)))
        if gitignore:
            found.update(dict.fromkeys(_of_git(top)))
    found.update(dict.fromkeys(_own_code()))
    if len(found) > MOST_FILES:
        raise TooMuch
    return tuple(name for name in found if not _is_told_by_folder(name, found))


def _is_told_by_folder(name: str, others: Container[str]) -> bool:
    """Whether it is not there, and its coming would change a folder that is looked at: most of what an answer asked for in
    vain, once for each folder."""
    real = name.removeprefix(PRESENCE)
    return os.path.dirname(real) in others and not os.path.lexists(real)


def _outermost(folders: Iterable[str]) -> list[str]:
    """Those that lie in no other."""
    found: list[str] = []
    for one in sorted(set(folders), key=len):
        if not any(_is_entered_from(above, one) for above in found):
            found.append(one)
    return found


def _is_entered_from(above: str, folder: str) -> bool:
    outer = os.path.join(above, "")
    return folder.startswith(outer) and NEVER_ENTERED.isdisjoint(folder.removeprefix(outer).split(os.sep))


def _name_of(ground: str) -> str:
    """Of a folder of which some names count, the folder; always by the same name."""
    return ground.partition(NO_NAME)[0].rstrip(os.sep) or os.sep


def _above(top: str) -> Iterator[str]:
    """What would say where the project begins, how to lint it and what git ignores."""
    inner, folder = "", top
    while folder != inner:
        yield from (os.path.join(folder, name) for name in (*sorted(NOTED), PACKAGE_MARK))
        yield from (PRESENCE + os.path.join(folder, name) for name in sorted(REPOSITORIES))
        inner, folder = folder, os.path.dirname(folder)


def _below(top: str) -> Iterator[str]:
    """Each folder, hidden or ignored ones too, since a file may come into it, and what counts in it."""
    for number, (folder, inner, names) in enumerate(os.walk(top)):
        if number > MOST_FOLDERS or (folder != top and not REPOSITORIES.isdisjoint((*inner, *names))):
            raise TooMuch  # a repository inside has ignore files and an index of its own
        inner[:] = [name for name in inner if name not in NEVER_ENTERED]
        yield folder
        yield from (os.path.join(folder, name) for name in names if name.endswith(".py") or name in NOTED)


def _of_git(top: str) -> Iterator[str]:
    folder = Path(top)
    found = [*files_of_git(folder)]
    if not found and any((one / ".git").exists() for one in (folder, *folder.parents)):
        raise TooMuch  # why git has no say is not known
    yield from map(str, found)


def _own_code() -> Iterator[str]:
    """The folders in which the program and what it needs were installed, which an installation changes; of a checkout,
    which a programmer changes, the code too, and the names of all of it."""
    own = os.path.dirname(forge_doctor.__file__)
    yield from (one for one in sys.path if one.endswith(INSTALLED))
    if os.path.dirname(own).endswith(INSTALLED):
        yield own
        return
    for folder, inner, names in os.walk(own):
        # The first import from a folder puts one more folder into it.
        if "__pycache__" in inner or sys.dont_write_bytecode:
            yield folder
        inside = folder.removeprefix(own).split(os.sep)
        if OTHER_PARTS.isdisjoint(inside[1:2]):
            yield from (os.path.join(folder, name) for name in names if name.endswith(CODE))
