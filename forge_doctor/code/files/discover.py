"""What to lint: the files and folders named, made into a list of Python files; reads none of them.

Files and folders named on the command line are taken even when excluded, unless `force_exclude` says
otherwise (as pre-commit needs it, which names every file).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from forge_doctor.code.files.walk import Scope, Search, shown
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import NotRun


class Discovered(NamedTuple):
    """The files to lint, by path; what could not be looked at; how many named paths were excluded."""

    files: tuple[Path, ...] = ()
    blind_spots: tuple[NotRun, ...] = ()
    excluded: int = 0


def discover(paths: Sequence[Path], scope: Scope) -> Discovered:
    """The Python files at and below `paths`; raises `UsageProblem` for a path that is not there."""
    files: dict[str, None] = {}
    blind: list[NotRun] = []
    excluded = 0
    for path in paths:
        kind = _kind_of_named(path)
        absolute = os.path.abspath(path)  # noqa: PTH100 - resolve() would leave the links the user named
        if scope.force_exclude and scope.covered(absolute):
            excluded += 1
        elif stat.S_ISREG(kind):
            files[absolute] = None
        else:
            files.update(dict.fromkeys(Search(scope, absolute, blind).files()))
    return Discovered(files=_without_twins(map(Path, files)), blind_spots=tuple(blind), excluded=excluded)


def _kind_of_named(path: Path) -> int:
    try:
        kind = path.stat().st_mode
    except OSError as error:
        raise UsageProblem(f"{shown(path)}: {error.strerror}: name a file or a folder that can be opened") from error
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        raise UsageProblem(f"{shown(path)}: is neither a file nor a folder; pass - to lint what comes on stdin")
    return kind


def _without_twins(found: Iterable[Path]) -> tuple[Path, ...]:
    """A link to a file that is there itself would tell everything twice."""
    files = sorted(found)
    links = {path for path in files if path.is_symlink()}
    real = set(files) - links
    return tuple(path for path in files if path not in links or path.resolve() not in real)
