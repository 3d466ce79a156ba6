"""A statement in a form that PostgreSQL's parser reads, though a part of it is only known when it runs."""

from __future__ import annotations

import re
from typing import Any

from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.operations.sql.tree import PLACEHOLDER
from forge_doctor.regex import regex
from forge_doctor.sql.parser import NotParsed, parsed

# What SQLAlchemy's text() and the drivers put values in for; a list after IN has parentheses of its own.
EXPANDING = regex(r"\bIN\s+:[A-Za-z_]\w*", re.IGNORECASE)
NAMED = regex(r"(?<![:\w\\]):([A-Za-z_]\w*)")
OF_DRIVER = regex(r"%\(\w+\)s|(?<!%)%s")
# Where something else than a name stands: tried where the text does not parse otherwise.
AS_VALUES = (
    (regex(rf"\bENUM\s*\(\s*{PLACEHOLDER}\s*\)", re.IGNORECASE), f"ENUM ('{PLACEHOLDER}')"),
    (regex(rf"\b(VALUES|IN)\s+{PLACEHOLDER}", re.IGNORECASE), r"\1 (NULL)"),
    (regex(rf"\bON (DELETE|UPDATE) {PLACEHOLDER}", re.IGNORECASE), r"ON \1 CASCADE"),
    (regex(rf"\b(COMMENT ON [^;]{{1,500}}?) IS {PLACEHOLDER}", re.IGNORECASE), rf"\1 IS '{PLACEHOLDER}'"),
    (regex(rf"\bSET\s+{PLACEHOLDER}(?!\s*=)", re.IGNORECASE), f"SET {PLACEHOLDER} = NULL"),
    (regex(rf"\b(TO|=)\s*+'?{PLACEHOLDER}(?:'?+\s*+(\w*+)'?+\s*+)$", re.IGNORECASE), rf"\1 '{PLACEHOLDER}\2'"),
)
LINE_OF_ITS_OWN = regex(rf"(?m)^\s*{PLACEHOLDER}\s*$")


def trees_of(sql: str, *, binds: bool) -> tuple[str, list[Any]]:
    """A text as it was read, and its statements as the parser gives them; raises `NotParsed`."""
    text = readable(sql, binds=binds)
    try:
        return _parsed(text)
    except NotParsed:
        if PLACEHOLDER not in text:
            raise
    for pattern, replacement in AS_VALUES:
        text = pattern.sub(replacement, text)
    try:
        return _parsed(text)
    except NotParsed:
        text = LINE_OF_ITS_OWN.sub("", text)
        if not text.strip():
            raise
        return _parsed(text)


def _parsed(text: str) -> tuple[str, list[Any]]:
    trees: Any = parsed(text)
    return text, list(trees)


def readable(sql: str, *, binds: bool) -> str:
    """The text with what only the run knows, and bound parameters, in a form that parses."""
    text = sql.replace(HOLE, PLACEHOLDER)
    if "%" in text:
        text = OF_DRIVER.sub("NULL", text)
    if binds and ":" in text:
        text = NAMED.sub("NULL", EXPANDING.sub("IN (NULL)", text)).replace("\\:", ":")
    return text
