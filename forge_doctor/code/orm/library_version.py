"""Which SQLAlchemy a project asks for: from its requirements, its project file or what its lock file says; installs and
imports nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from forge_doctor.code.files.modules import names_in
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex

Version = tuple[int, ...]
TWO: Version = (2,)
# Files that say what is installed, exactly; and those that say what may be.
LOCKS = ("poetry.lock", "uv.lock", "pdm.lock", "pylock.toml", "Pipfile.lock")
ASKING = ("requirements.txt", "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "environment.yml")
REQUIREMENTS = regex(r"(?:requirements|constraints|deps)[\w.-]{0,60}\.(?:txt|in|pip)")
FOLDERS = ("requirements", "deps", "reqs")
LOCKED = regex(rb"name = [\"']sqlalchemy[\"']\s+version = [\"']([\d.]{1,40})", re.IGNORECASE)
LOCKED_JSON = regex(rb"\"sqlalchemy\": \{[^{}]{0,20000}?\"version\": \"==([\d.]{1,40})", re.IGNORECASE)
# `SQLAlchemy[asyncio]>=1.4,<2.0`, `sqlalchemy = "^1.4"`, `sqlalchemy = {extras = ["asyncio"], version = "^1.4"}`.
ASKED = regex(
    rb"(?:(?<![\w.-])|(?<=dependencies\.))sqlalchemy[ \t]{0,4}(?:\[[\w, -]{0,80}\])?"
    rb"(?:[\"']|\]\nversion)?[ \t]{0,8}(?:=[ \t]{0,8}(?=[\"'{]))?"
    rb"(?:\{[^}\n]{0,200}?version[ \t]{0,4}=[ \t]{0,4})?[\"'(]{0,2}[ \t]{0,4}([<>=!~^\d][<>=!~^\d.,* ]{0,80})",
    re.IGNORECASE,
)
ONE = regex(r"(===?|~=|>=|<=|<|>|\^|~|!=)?\s{0,20}(\d[\d.]*)(\.\*)?")
UPPER = {"<": False, "<=": True, "==": True, "===": True, "": True}


def is_before_two(project: Project, file: SourceFile) -> bool:
    """Whether what the project asks for, nearest to the file first, is a SQLAlchemy before 2.0 and no other."""
    for folder in file.absolute.parents:
        if folder != project.root and project.root not in folder.parents:
            return False
        told = _told_by(project, folder)
        if told is not None:
            return told
    return False


@kept_for_the_run
def _told_by(project: Project, folder: Path) -> bool | None:
    """What the files of one folder say; None where they say nothing of the library."""
    for name in LOCKS:
        data = _read(project, folder / name)
        found = LOCKED.search(data) or LOCKED_JSON.search(data)
        if found is not None:
            return _version(found[1].decode()) < TWO
    asked = [spec for path in _asking(folder) for spec in ASKED.findall(_read(project, path))]
    return any(_excludes_two(spec.decode()) for spec in asked) if asked else None


def _read(project: Project, path: Path) -> bytes:
    """The bytes; that there are none is noted too, since every answer of the project rests on them."""
    project.reading.for_all.add(path)
    return project.reading.read(path) or b""


def _asking(folder: Path) -> Iterator[Path]:
    names = names_in(folder)
    yield from (folder / name for name in ASKING)
    yield from (folder / name for name in sorted(names) if name not in ASKING and REQUIREMENTS.fullmatch(name))
    for inner in sorted(names.intersection(FOLDERS)):
        yield from (
            folder / inner / name for name in sorted(names_in(folder / inner)) if name.endswith((".txt", ".in"))
        )


def _excludes_two(spec: str) -> bool:
    """Whether a specifier lets in nothing from 2.0 on: `==1.4.*`, `~=1.4`, `^1.4`, `<2`."""
    return any(_is_bound_below_two(*match.groups(default="")) for match in ONE.finditer(spec))


def _is_bound_below_two(operator: str, text: str, _wild: str) -> bool:
    version = _version(text)
    if operator in ("~=", "^", "~"):
        return version < TWO
    if operator == "<":
        return version <= (2, 0, 0)
    return UPPER.get(operator, False) and version < TWO


def _version(text: str) -> Version:
    return tuple(int(part) for part in text.split(".") if part)
