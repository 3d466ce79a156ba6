"""Whether a column's default in the database is the model's; runs in the child, evaluates neither.

PostgreSQL writes a default in its own words (`'x'::character varying`). Told is only what is certain: the model has a default
and the database none, or both are plain values and not the same. A default of the database alone may be there for a
backfill, and expressions are not compared.
"""

from __future__ import annotations

import re
from typing import Any

CAST = re.compile(r"::[a-z_\" ]{1,80}(?:\(\d{1,4}(?:,\d{1,4})?\))?(?:\[\])?$", re.IGNORECASE)
TEXT = re.compile(r"'((?:[^']|'')*)'")
NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?")
TRUE = frozenset({"true", "t", "1", "yes", "on"})
FALSE = frozenset({"false", "f", "0", "no", "off"})


def differ(
    _context: Any, _inspected: Any, column: Any, inspected: str | None, default: Any, rendered: str | None
) -> bool:
    """As Alembic asks it: `inspected` is the database's default, `rendered` the model's as SQL."""
    if default is None or rendered is None or not hasattr(default, "arg") or hasattr(default.arg, "next_value"):
        return False
    if inspected is None:
        return not (column.primary_key and column is column.table._autoincrement_column)  # which is a sequence's
    is_bool = "BOOL" in str(column.type).upper()
    ours, theirs = plain_value(rendered, is_bool=is_bool), plain_value(inspected, is_bool=is_bool)
    return ours is not None and theirs is not None and ours != theirs


def plain_value(default: str, *, is_bool: bool = False) -> str | float | bool | None:
    """The value of a default that is a number, a string or a boolean; None for any other."""
    text = default.strip()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    text = CAST.sub("", text).strip()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    quoted = TEXT.fullmatch(text)
    value = quoted[1].replace("''", "'") if quoted else text
    if is_bool:
        return True if value.lower() in TRUE else False if value.lower() in FALSE else None
    if NUMBER.fullmatch(value):
        return float(value)
    if quoted:
        return value
    return {"true": True, "false": False}.get(value.lower())
