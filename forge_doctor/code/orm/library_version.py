"""Which version of a library a project asks for: from its requirements, its project file or what its lock file says; installs and
imports nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from pathlib import Path

from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.dataclass import dataclass
from forge_doctor.regex import regex

Version = tuple[int, ...]
# Files that say what is installed, exactly; and those that say what may be.
LOCKS = ("poetry.lock", "uv.lock", "pdm.lock", "pylock.toml", "Pipfile.lock")
ASKING = ("requirements.txt", "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "environment.yml")
LISTS = (".txt", ".in", ".pip")
REQUIREMENTS = regex(r"(?:requirements|constraints|deps)[\w.-]{0,60}\.(?:txt|in|pip)")
FOLDERS = ("requirements", "deps", "reqs")
LOCKED = rb"name = [\"']%s[\"']\s+version = [\"']([\d.]{1,40})"
LOCKED_JSON = rb"\"%s\": \{[^{}]{0,20000}?\"version\": \"==([\d.]{1,40})"
# `SQLAlchemy[asyncio]>=1.4,<2.0`, `sqlalchemy = "^1.4"`, `sqlalchemy = {extras = ["asyncio"], version = "^1.4"}`.
ASKED = (
    rb"(?:(?<![\w.-])|(?<=dependencies\.))%s[ \t]{0,4}(?:\[[\w, -]{0,80}\])?"
    rb"(?:[\"']|\]\nversion)?[ \t]{0,8}(?:=[ \t]{0,8}(?=[\"'{]))?"
    rb"(?:\{[^}\n]{0,200}?version[ \t]{0,4}=[ \t]{0,4})?[\"'(]{0,2}[ \t]{0,4}([<>=!~^\d][<>=!~^\d.,* ]{0,80})"
)
ONE = regex(r"(===?|~=|>=|<=|<|>|\^|~|!=)?\s{0,20}(\d+(?:\.\d+)*)(\.\*)?")
LARGE = 1 << 30
# `<2.0.0` lets in nothing from 2.0 on.
TWO: Version = (2, 0, 0)
EARLY_SINCE: Version = (0, 106)
EARLY_BEFORE: Version = (0, 118)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The versions that are let in."""

    since: Version = ()
    before: Version = (LARGE,)

    def and_(self, other: Asked) -> Asked:
        """What both let in."""
        return Asked(since=max(self.since, other.since), before=min(self.before, other.before))


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A library, and how files speak of it."""

    locked: re.Pattern[bytes]
    locked_json: re.Pattern[bytes]
    asked: re.Pattern[bytes]


def _library(name: bytes) -> Library:
    locked, locked_json, asked = (regex(one % name, re.IGNORECASE) for one in (LOCKED, LOCKED_JSON, ASKED))
    return Library(locked=locked, locked_json=locked_json, asked=asked)


SQLALCHEMY = _library(b"sqlalchemy")
FASTAPI = _library(b"fastapi")


def is_before_two(project: Project, file: SourceFile) -> bool:
    """Whether what the project asks for is a SQLAlchemy before 2.0 and no other."""
    asked = asked_for(project, file, SQLALCHEMY)
    return asked is not None and asked.before <= TWO


def exits_before_response(project: Project, file: SourceFile) -> bool:
    """Whether the project asks for a FastAPI that runs the exit code of dependencies before it sends a response, and
    for no other: its release notes of 0.106.0 and of 0.118.0.
    """
    asked = asked_for(project, file, FASTAPI)
    return asked is not None and asked.since >= EARLY_SINCE and asked.before <= EARLY_BEFORE


def exits_after_tasks(project: Project, file: SourceFile) -> bool:
    """Whether the project asks for a FastAPI that runs that code after the response and its background tasks, and for no
    other.
    """
    asked = asked_for(project, file, FASTAPI)
    return asked is not None and (asked.since >= EARLY_BEFORE or asked.before <= EARLY_SINCE)


def asked_for(project: Project, file: SourceFile, library: Library) -> Asked | None:
    """The versions the project lets in, as the files nearest to this one say; None where none says anything."""
    for folder in file.absolute.parents:
        if folder != project.root and project.root not in folder.parents:
            return None
        told = _told_by(project, folder, library)
        if told is not None:
            return told
    return None


@kept_for_the_run
def _told_by(project: Project, folder: Path, library: Library) -> Asked | None:
    """What the files of one folder say; None where they say nothing of the library."""
    for name in LOCKS:
        data = project.reading.read_for(None, folder / name)
        found = library.locked.search(data) or library.locked_json.search(data)
        if found is not None:
            return _let_in("==" + found[1].decode())
    specs = [
        spec
        for path in _asking(project, folder)
        for spec in library.asked.findall(project.reading.read_for(None, path))
    ]
    return reduce(Asked.and_, (_let_in(spec.decode()) for spec in specs)) if specs else None


def _asking(project: Project, folder: Path) -> Iterator[Path]:
    names = {name for ending in LISTS for name in project.reading.names_for(None, folder, ending)}
    yield from (folder / name for name in ASKING)
    yield from (folder / name for name in sorted(names) if name not in ASKING and REQUIREMENTS.fullmatch(name))
    for inner in (folder / name for name in sorted(FOLDERS)):
        yield from (
            inner / name
            for ending in (".txt", ".in")
            for name in sorted(project.reading.names_for(None, inner, ending))
        )


def _let_in(spec: str) -> Asked:
    """The versions between the bounds of a specifier: `==1.4.*`, `~=1.4`, `^1.4`, `>=1.4,<2`."""
    return reduce(Asked.and_, (_between(*match.groups(default="")) for match in ONE.finditer(spec)), Asked())


def _between(operator: str, text: str, wild: str) -> Asked:
    version = tuple(int(part) for part in text.split("."))
    if operator in ("<", "<="):
        return Asked(before=version if operator == "<" else _just_above(version))
    if operator in (">", ">="):
        return Asked(since=version)
    if operator == "!=":
        return Asked()
    if operator in ("~=", "^", "~"):
        return Asked(since=version, before=_next(version, _fixed_parts(operator, version)))
    return Asked(since=version, before=_next(version, len(version)) if wild else _just_above(version))


def _fixed_parts(operator: str, version: Version) -> int:
    """How many parts stay as they are: all but the last, poetry's `~` two, its `^` up to the first that is not 0."""
    if operator == "~=":
        return max(len(version) - 1, 1)
    if operator == "~":
        return min(len(version), 2)
    return next((place for place, part in enumerate(version, 1) if part), len(version))


def _next(version: Version, parts: int) -> Version:
    return (*version[: parts - 1], version[parts - 1] + 1)


def _just_above(version: Version) -> Version:
    return (*version, 0)
