"""What an answer rests on: the text files below some folders, by content, and the folders themselves, by name.

Said to be the same only after a look: a file whose size, times and number are those of then was not written to, any
other is read again.
"""

# Strings, not Path, where each file of a tree passes.
# ruff: noqa: PTH118

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from forge_doctor.code.files.contents import GONE, digest_of, digest_of_names, regular_bytes
from forge_doctor.code.files.modules import is_foreign
from forge_doctor.kept_results.file_status import CLOCK_NS, status_of

SUFFIXES = (".py", ".ini", ".toml", ".cfg", ".sql", ".psql", ".pgsql", ".sh", ".yml", ".yaml", ".mako", ".dockerfile")
NAMES = ("Dockerfile", "Procfile", "Makefile", "justfile", "package.json", ".gitignore", "requirements")
HIDDEN = frozenset({".docker"})  # the one hidden folder in which a start script is looked for


class Ground(NamedTuple):
    """The status of each file, and what stands for the names of all folders."""

    files: Mapping[str, list[int]]
    folders: str


def ground_below(tops: Iterable[Path]) -> Ground:
    """What lies below the folders now."""
    files: dict[str, list[int]] = {}
    folders: list[str] = []
    for top in outermost(tops):
        for folder, names in _walked(top):
            folders.append(folder)
            for name in names:
                path = os.path.join(folder, name)
                files[path] = status_of(path)
    return Ground(files, digest_of_names(folders))


def outermost(tops: Iterable[Path]) -> tuple[str, ...]:
    """The folders that lie in no other of them."""
    found: list[str] = []
    for top in sorted({os.path.join(str(one), "") for one in tops}):
        if not found or not top.startswith(found[-1]):
            found.append(top)
    return tuple(one.rstrip(os.sep) or os.sep for one in found)


def _walked(top: str) -> Iterator[tuple[str, list[str]]]:
    for folder, folders, names in os.walk(top):
        folders[:] = [one for one in folders if _is_entered(one, folder)]
        yield folder, [one for one in names if one.endswith(SUFFIXES) or one.startswith(NAMES)]


def _is_entered(name: str, folder: str) -> bool:
    return (name[0] != "." or name in HIDDEN) and not is_foreign(name, folder)


def plain_ground(ground: Ground) -> dict[str, Any]:
    """It with the content of each file, as JSON can hold it."""
    return {"folders": ground.folders, "files": [[name, how, _digest(name)] for name, how in ground.files.items()]}


def is_same(ground: Ground, then: Mapping[str, Any], written_ns: int) -> bool:
    """Whether it is what `plain_ground` told of then, which was written at that time."""
    kept: Sequence[tuple[str, list[int], str]] = then["files"]
    if ground.folders != then["folders"] or len(kept) != len(ground.files):
        return False
    return all(name in ground.files and _is_unchanged(name, ground.files[name], how, digest, written_ns)
               for name, how, digest in kept)  # fmt: skip


def is_sure(then: Mapping[str, Any], ground: Ground, written_ns: int) -> bool:
    """Whether that can be told without reading any of the files."""
    return all(how == ground.files.get(name) and _is_settled(how, written_ns) for name, how, _ in then["files"])


def _is_unchanged(name: str, now: list[int], then: list[int], digest: str, written_ns: int) -> bool:
    return (now == then and _is_settled(then, written_ns)) or _digest(name) == digest


def _is_settled(status: list[int], written_ns: int) -> bool:
    """A file changed about when the answer was written may have been changed again at the same time of the clock."""
    return bool(status) and status[2] < written_ns - CLOCK_NS


def _digest(name: str) -> str:
    data = regular_bytes(Path(name))
    return GONE if data is None else digest_of(data)
