"""What one reading of all files tells without parsing: names of relationships, files that make factories."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from forge_doctor.lint.modules import Modules
from forge_doctor.lint.project import Project

MAKER = re.compile(rb"\b(?:async_sessionmaker|sessionmaker|AsyncSession)\s*(?:\[[\w\[\], ]*\]\s*)?\(")
CALLED = re.compile(rb"[rR]elationship[ \t]*\(")
TARGET = re.compile(rb"^[ \t]+(\w+)[ \t]*[:=]", re.MULTILINE)
BEFORE = 240  # a declaration in front of its call


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Names that some class of the project gives a relationship, and the files with a call that may make a factory."""

    relationships: frozenset[str]
    makers: tuple[Path, ...]


@lru_cache(maxsize=4)
def survey_of(project: Project) -> Survey:
    """Read every file once; those that cannot be read say nothing."""
    names: set[bytes] = set()
    makers: list[Path] = []
    for path in Modules(project.root).files():
        data = project.overlay.get(path)
        try:
            data = path.read_bytes() if data is None else data
        except OSError:
            continue
        if b"elationship" in data:
            names.update(_relationships(data))
        if b"essionmaker" in data or b"AsyncSession" in data:
            makers += [path] if MAKER.search(data) else []
    return Survey(relationships=frozenset(one.decode("utf-8", "replace") for one in names), makers=tuple(makers))


def _relationships(data: bytes) -> Iterator[bytes]:
    """The names in front of `= relationship(`."""
    for match in CALLED.finditer(data):
        line = data.rfind(b"\n", 0, max(0, match.start() - BEFORE)) + 1
        names = TARGET.findall(data, line, match.start())
        yield from names[-1:]
