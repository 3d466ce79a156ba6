"""Finds the rows of a table in a JSON answer: columns named once, then values by row or by column, or pairs of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DEEPEST = 6
_COLUMNS = ("columns", "schema", "meta", "fields", "cols")
_VALUES = ("rows", "datarows", "data", "values", "results", "columns")

Row = Mapping[str, Any]


def rows_in(value: Any, depth: int = 0) -> list[Row] | None:
    """The rows of the first table in a value; None where it has none."""
    if depth > DEEPEST:
        return None
    if isinstance(value, Mapping):
        return _of_table(value) or _first(value.values(), depth)
    if isinstance(value, list):
        return _of_pairs(value) or _first(value[:8], depth)
    return None


def _first(values: Any, depth: int) -> list[Row] | None:
    for one in values:
        if isinstance(one, Mapping | list) and (found := rows_in(one, depth + 1)) is not None:
            return found
    return None


def _of_table(value: Mapping[str, Any]) -> list[Row] | None:
    names = next((found for key in _COLUMNS if (found := _names(value.get(key)))), None)
    if names is None:
        return None
    for key in _VALUES:
        held = value.get(key)
        rows = held.get("values") if isinstance(held, Mapping) else held
        if isinstance(rows, list) and rows and all(isinstance(row, list) for row in rows):
            by_column = (isinstance(held, Mapping) or key == "columns") and len(rows) == len(names)
            return [dict(zip(names, row, strict=False)) for row in (zip(*rows, strict=False) if by_column else rows)]
    return None


def _names(columns: Any) -> list[str] | None:
    """What columns are called, given as names or with a name each, also one level down."""
    if isinstance(columns, Mapping):
        return next((found for key in _COLUMNS if (found := _names(columns.get(key)))), None)
    if not isinstance(columns, list) or not columns:
        return None
    names = [one.get("name") or one.get("text") if isinstance(one, Mapping) else one for one in columns]
    return [str(name) for name in names] if all(isinstance(name, str) for name in names) else None


def _of_pairs(rows: Sequence[Any]) -> list[Row] | None:
    """Rows that are lists of `{"field": ..., "value": ...}`."""
    if not rows or not all(isinstance(row, list) and row for row in rows):
        return None
    if not all(isinstance(one, Mapping) and {"field", "value"} <= one.keys() for row in rows for one in row):
        return None
    return [{str(one["field"]): one["value"] for one in row} for row in rows]
