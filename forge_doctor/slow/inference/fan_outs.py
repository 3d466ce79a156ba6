"""How many rows a join makes of one: by the text's joins, the indexes there are, and what pg_stats counted; proposes nothing."""

from __future__ import annotations

from collections.abc import Iterable

from forge_doctor.dataclass import dataclass
from forge_doctor.slow.inference.text_joins import Join, joins_of
from forge_doctor.slow.situation import Situation

# From so many times as many rows on they are too many for that alone.
MULTIPLIED = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOut:
    """A join that gives `ratio` rows of `table` for a row of `side`, which the text calls so."""

    side: str
    table: str
    column: str
    ratio: float


def siblings(text: str, situation: Situation) -> tuple[FanOut, ...]:
    """The joins that multiply each other: two or more to the same side, each with several rows for one of it."""
    found: dict[str, list[FanOut]] = {}
    for join in joins_of(text):
        ratio = _ratio(join, situation)
        if ratio is not None and ratio > 1.0:
            found.setdefault(join.side, []).append(
                FanOut(side=join.side, table=join.table, column=join.column, ratio=ratio)
            )
    groups = [tuple(group) for group in found.values() if len(group) > 1]
    return max(groups, key=multiplied, default=())


def multiplied(group: Iterable[FanOut]) -> float:
    """How many times as many rows the joins together give as each by itself would give in all."""
    product, total = 1.0, 0.0
    for one in group:
        product, total = product * one.ratio, total + one.ratio
    return product / total if total else 0.0


def _ratio(join: Join, situation: Situation) -> float | None:
    """Rows of the joined table for a value of its column; None where nobody counted, 1 where an index allows one only."""
    table = situation.table_named(join.table)
    if table is None:
        return None
    for index in situation.indexes_of(table):
        if index.unique and index.valid and not index.predicate and index.keys == (join.column,):
            return 1.0
    column = situation.column_of(table, join.column)
    if column is None or not column.known or not column.distinct or not table.rows:
        return None
    distinct = column.distinct if column.distinct > 0 else -column.distinct * table.rows
    return table.rows * (1.0 - column.null_ratio) / max(1.0, distinct)
