"""Statements written as text in the source: `text("SELECT ...")`, a driver's `fetch("...")`, a constant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from forge_doctor.code.semantics.literals import HOLE, text_of
from forge_doctor.code.syntax.nodes import Node, Str
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex
from forge_doctor.sql.masking import without_values

STARTS = regex(
    r"\s*\(?\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(?:SELECT|INSERT|UPDATE|DELETE|WITH|MERGE|CALL|LOCK|COPY|LISTEN)\b",
    re.IGNORECASE | re.DOTALL,
)
# However a driver writes what is put in.
PLACE = regex(r"\$\d+(?:::[\w \[\]]+?(?=\W))?|%\(\w+\)s|%s|(?<!:):[A-Za-z_]\w*|\?")
TIGHT = regex(r"\s*([(),=<>+*/-])\s*")
LEAST = 12  # characters of a statement that can tell it from another


def written_statements(file: SourceFile, statement: str) -> Iterator[tuple[Node, bool]]:
    """The strings of a file that are this statement, and whether they are it without anything put in by code."""
    wanted = plain(statement)
    if len(wanted) < LEAST:
        return
    for node in file.query(Str):
        text = text_of(node)
        if text is None or not STARTS.match(text):
            continue
        parts = [plain(part) for part in text.split(HOLE)]
        if len(parts) == 1:
            if parts[0] == wanted or (len(wanted) > 900 and parts[0].startswith(wanted)):
                yield node, True
        elif sum(map(len, parts)) >= LEAST and _pattern(tuple(parts)).fullmatch(wanted):
            yield node, False


def plain(statement: str) -> str:
    """The statement as no way of writing it makes a difference: case, space, values, placeholders."""
    bare = PLACE.sub("?", without_values(statement.replace("%%", "%")))
    return TIGHT.sub(r"\1", " ".join(bare.split())).lower().rstrip("; ")


@lru_cache(maxsize=2000)
def _pattern(parts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(".*?".join(re.escape(part) for part in parts), re.DOTALL)
