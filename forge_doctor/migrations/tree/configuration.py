"""What alembic.ini or `[tool.alembic]` of pyproject.toml says about where migrations lie; touches no other file."""

from __future__ import annotations

import configparser
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from forge_doctor.code.files.contents import regular_bytes
from forge_doctor.dataclass import dataclass

INI = "alembic.ini"
LARGEST = 1_000_000
PYPROJECT = "pyproject.toml"
SEPARATORS: Mapping[str, str] = {"space": " ", "newline": "\n", "os": os.pathsep, ":": ":", ";": ";"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One section: `file` and `section` say where it stands, `lines` on which line each key does.

    `values` are the raw ones, `%(here)s` filled in.
    """

    file: Path
    section: str
    values: Mapping[str, str]
    lines: Mapping[str, int]

    @property
    def script_location(self) -> str:
        """As written: a path, or `package:folder`."""
        return self.values.get("script_location", "").strip()

    @property
    def version_locations(self) -> tuple[str, ...]:
        """The folders of revisions; empty for the `versions` folder beside env.py."""
        written = self.values.get("version_locations", "")
        if not written.strip():
            return ()
        named = self.values.get("path_separator") or self.values.get("version_path_separator") or ""
        separator = SEPARATORS.get(named.partition("#")[0].strip())
        parts = written.split(separator) if separator else re.split(r"[,\s]+", written)
        return tuple(one.strip() for one in parts if one.strip())

    @property
    def is_recursive(self) -> bool:
        """Whether folders below a version location hold revisions too."""
        return self.values.get("recursive_version_locations", "").strip().lower() in ("1", "true", "yes", "on")

    @property
    def url(self) -> str:
        """The database, where it is written here."""
        return self.values.get("sqlalchemy.url", "").strip()


def configurations(file: Path) -> tuple[Configuration, ...]:
    """The sections of a file that tell of migrations; none where it tells of none or cannot be read."""
    data = regular_bytes(file, LARGEST)
    if data is None:
        return ()
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    found = _of_pyproject(file, text) if file.name == PYPROJECT else _of_ini(file, text)
    return tuple(one for one in found if one.script_location)


def _of_ini(file: Path, text: str) -> Iterator[Configuration]:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    lines = _lines_of(text)
    for section in parser.sections():
        values = {**parser.defaults(), **dict(parser.items(section))}
        yield Configuration(
            file=file,
            section=section,
            values={key: filled(value or "", file, values) for key, value in values.items()},
            lines=lines[section],
        )


def filled(value: str, file: Path, values: Mapping[str, str | None]) -> str:
    """The value with `%(here)s` and other keys put in, `%%` as `%`."""

    def put(match: re.Match[str]) -> str:
        return str(file.parent) if match[1] == "here" else (values.get(match[1]) or match[0])

    return re.sub(r"%\((\w+)\)s", put, value).replace("%%", "%")


def _lines_of(text: str) -> defaultdict[str, dict[str, int]]:
    """Where each key of each section stands first."""
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        head = re.match(r"\[([^\]]+)\]", line)
        key = re.match(r"([\w.]+)\s*[=:]", line)
        section = head[1] if head else section
        if key:
            found[section].setdefault(key[1].lower(), number)
    return found


def _of_pyproject(file: Path, text: str) -> Iterator[Configuration]:
    if "tool.alembic" not in text:
        return
    import tomllib

    try:
        table: Any = tomllib.loads(text).get("tool", {}).get("alembic", {})
    except tomllib.TOMLDecodeError:
        return
    values = {key: _as_text(value) for key, value in table.items() if isinstance(value, str | list | bool)}
    yield Configuration(
        file=file,
        section="tool.alembic",
        values={**{key: filled(value, file, values) for key, value in values.items()}, "path_separator": "newline"},
        lines=_lines_of(text)["tool.alembic"],
    )


def _as_text(value: str | bool | list[Any]) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)
