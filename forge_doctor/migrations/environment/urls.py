"""The database URLs that alembic.ini and env.py have in them, with their places; shows no password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.orm.dsn import Dsn, parse_dsn
from forge_doctor.code.semantics.literals import HOLE, text_of, whole_string
from forge_doctor.code.syntax.nodes import Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Location
from forge_doctor.regex import regex

# `sqlalchemy.url = ...`, of any section; also the TOML of `[tool.alembic]` and a name of one's own.
SETTING = regex(
    r"^[ \t]*\"?(?P<key>[\w.]*(?:url|uri|dsn))\"?[ \t]*[=:][ \t]*(?P<value>\S[^\n]*)$", re.IGNORECASE | re.MULTILINE
)
INTERPOLATED = regex(r"%\([^)\n]{1,100}\)s")
# Bounds, since without them a long line of colons takes the square of its length.
URL_IN_BYTES = regex(
    rb"(?:postgres(?:ql)?|mysql|mariadb|mssql|oracle|cockroachdb|sqlite)(?:\+\w{1,40})?://[^\s\"']{0,400}"
)


class WrittenUrl(NamedTuple):
    """A URL and where it is written: `key` is the setting's name, empty in code."""

    dsn: Dsn
    location: Location
    key: str = ""


def code_urls(file: SourceFile) -> Iterator[WrittenUrl]:
    """The URLs among the strings of a file."""
    seen: set[Node] = set()
    for match in URL_IN_BYTES.finditer(file.data):
        node = whole_string(file.node_at(match.start()))
        text = None if node is None or node in seen else text_of(node)
        dsn = None if text is None else parse_dsn(text)
        if node is not None and dsn is not None:
            seen.add(node)
            yield WrittenUrl(dsn, file.location(node))


def ini_urls(path: str, text: str) -> Iterator[WrittenUrl]:
    """The URLs among the settings of an alembic.ini or a pyproject.toml."""
    for match in SETTING.finditer(text):
        value = match["value"].strip().strip("\"'")
        # What configparser fills in is not known here, and `%%` is its percent sign.
        dsn = parse_dsn(INTERPOLATED.sub(HOLE, value).replace("%%", "%"))
        if dsn is not None:
            line = text.count("\n", 0, match.start("key")) + 1
            yield WrittenUrl(dsn, Location(target=path, line=line), match["key"])
