"""The .gitignore of a folder where git has no say: no repository, or no git; read by the library that knows its rules."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from forge_doctor.whole_file import read_whole

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILE = ".gitignore"
# Google's RE2, which the library prefers where it is installed, refuses a thousand patterns at once.
PATTERNS_TOGETHER = 250


class IgnoreFile(NamedTuple):
    """The patterns of one file, which count from its folder, in pieces that go from its top down."""

    folder: str
    pieces: tuple[GitIgnoreSpec, ...]


IgnoreFiles = tuple[IgnoreFile, ...]
"""Those of a folder and of the folders above it, the outermost first."""


def read_ignore_file(folder: str) -> IgnoreFile:
    """A line that is no pattern, and a file that cannot be read, ignore nothing, as with git."""
    from pathspec import GitIgnoreSpec

    try:
        lines = read_whole(Path(folder, IGNORE_FILE)).decode("utf-8", "surrogateescape").splitlines()
    except OSError:
        lines = []
    lines = [*dict.fromkeys(reversed(lines))][::-1]  # the last of the same lines decides
    parts = [lines[at : at + PATTERNS_TOGETHER] for at in range(0, len(lines), PATTERNS_TOGETHER)]
    try:
        return IgnoreFile(folder, tuple(GitIgnoreSpec.from_lines(one) for one in parts))
    except ValueError:
        good = ([line for line in one if _is_pattern(line)] for one in parts)
        return IgnoreFile(folder, tuple(GitIgnoreSpec.from_lines(one) for one in good))


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def is_ignored(files: IgnoreFiles, path: str, *, is_folder: bool) -> bool:
    """The innermost file that says anything of the path decides."""
    for one in reversed(files):
        inside = one.folder.rstrip(os.sep) + os.sep  # to find out what a relative path is costs far more
        relative = path.removeprefix(inside) if path.startswith(inside) else os.path.relpath(path, one.folder)
        relative += "/" * is_folder
        for patterns in reversed(one.pieces):
            said = patterns.check_file(relative).include
            if said is not None:
                return said
    return False
