"""Which statement is sent again and again for the rows of another one, by the server's counts; judges nothing.

A parent gives n rows, and the child is called about n times as often; or the samples caught one session sending it twice
in one transaction. Time says nothing here: a thousand such calls are a tenth of a second of the server's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

from forge_doctor.dataclass import dataclass
from forge_doctor.slow.inference.text_accesses import text_accesses
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.sql.quoting import split_name

# Calls of the child for each of the parent; how near that is to the rows the parent gives.
FEWEST, NEAR_LEAST, NEAR_MOST = 5.0, 0.25, 1.1
FEWEST_CALLS = 20
SLOWEST_MS = 5.0
# So many looks that found one session sending it twice in a transaction are no chance.
SEEN_TWICE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """`child` is sent for each row of `parent` (None where only the samples or the transactions told).

    `ratio` is its calls for each call of the parent, or through all transactions; `column` what it asks by, of `table`;
    `by_key` where that is the whole key of one row; `lazy` where the text is that of a relationship that is loaded late;
    `linked` where a foreign key, or the names, lead from one table to the other.
    """

    child: Statement
    parent: Statement | None
    ratio: float
    table: str
    column: str
    by_key: bool
    lazy: bool
    linked: bool
    seen_twice: int = 0

    @property
    def exact(self) -> bool:
        """Whether the parent gives just about as many rows as the child has calls for it."""
        rows = self.parent.rows_per_call if self.parent else None
        return rows is not None and 0.7 * rows <= self.ratio <= NEAR_MOST * rows


def repeats(situation: Situation) -> Iterator[Repeat]:
    """Every statement that is, the most calls first."""
    counted = _counted(situation)
    parents = _parents(counted)
    for child in sorted(counted, key=lambda one: (-one.calls, one.key)):
        asked = _asked(child)
        if asked is None or child.calls < FEWEST_CALLS or (child.mean_ms or 0.0) > SLOWEST_MS:
            continue
        found = _repeat(situation, child, _parents_of(child, parents), *asked)
        if found is not None:
            yield found


def _counted(situation: Situation) -> list[Statement]:
    """Those the server counted: a log's counts are of transactions, which say it better."""
    return [one for one in situation.statements if one.stats is not None]


def _asked(child: Statement) -> tuple[str, str] | None:
    """The table and the one column it asks by; None for what asks by several, by a list, or not at all."""
    if child.verb != "select" or child.shape.lists:
        return None
    read = text_accesses(child.text)
    if len(read) != 1 or read[0][2]:
        return None
    table, terms, _ = read[0]
    equal = [
        one
        for one in terms
        if one.is_equality and not (one.wrapped or one.listed) and one.value in ("parameter", "constant")
    ]
    return (table, equal[0].column) if len(equal) == 1 == len(terms) else None


def _repeat(
    situation: Situation, child: Statement, parents: Sequence[Statement], table: str, column: str
) -> Repeat | None:
    twice = child.sampled.repeated if child.sampled else 0
    lazy = is_lazy_load(child.text)
    by_key = (child.rows_per_call or 0.0) <= 1.0
    linked = [one for one in parents if is_linked(situation, one, table, column)]
    parent = max(linked or parents, key=lambda one: (_nearness(one, child), one.calls), default=None)
    known = bool(linked)
    # Of totals nobody can tell whether every COMMIT was counted: between two looks the database counts them too.
    windowed = situation.statistics is not None and situation.statistics.window_s is not None
    per_transaction = (child.per_transaction or 0.0) if windowed else 0.0
    if parent is None or not (known or lazy or twice >= SEEN_TWICE):
        if twice < SEEN_TWICE and per_transaction < FEWEST:
            return None
        parent = parent if known else None
    ratio = child.calls / parent.calls if parent is not None else per_transaction
    return Repeat(
        child=child,
        parent=parent,
        ratio=ratio,
        table=table,
        column=column,
        by_key=by_key,
        lazy=lazy,
        linked=known,
        seen_twice=twice,
    )


class _Parent(NamedTuple):
    """What gives rows; it may be the parent of what is called from `least` to `most` times."""

    least: float
    most: float
    statement: Statement


def _parents(counted: Iterable[Statement]) -> list[_Parent]:
    """The fewest calls of a child first: of thousands of statements each child looks at those that fit it."""
    found = []
    for one in counted:
        rows = one.rows_per_call or 0.0
        if one.verb == "select" and rows >= FEWEST and one.calls:
            found.append(_Parent(max(FEWEST, NEAR_LEAST * rows) * one.calls, NEAR_MOST * rows * one.calls, one))
    return sorted(found, key=itemgetter(0))


def _parents_of(child: Statement, parents: Sequence[_Parent]) -> list[Statement]:
    fitting = parents[: bisect_right(parents, child.calls, key=itemgetter(0))]
    return [one for _, most, one in fitting if child.calls <= most and one.key != child.key]


def _nearness(one: Statement, child: Statement) -> float:
    ratio = child.calls / one.calls
    return -abs(1 - ratio / (one.rows_per_call or 1.0))


def is_linked(situation: Situation, parent: Statement, table: str, column: str) -> bool:
    """Whether a foreign key leads from one to the other; where the tables have none, whether the names do."""
    bare = split_name(table)[-1]
    keys = situation.server.foreign_keys if situation.server else ()
    for key in keys:
        if (key.table, key.column) == (bare, column) and key.to_table in parent.shape.tables:
            return True
        if (key.to_table, key.to_column) == (bare, column) and key.table in parent.shape.tables:
            return True
    tables = [one.rpartition(".")[2] for one in parent.shape.tables]
    if column not in ("id", "pk") and any(column.startswith(_singular(one)) for one in tables):
        return True
    outputs = {one.rpartition(".")[2] for one in parent.shape.outputs}
    return column in ("id", "pk") and f"{_singular(bare)}_{column}" in outputs


def _singular(table: str) -> str:
    if table.endswith("ies"):
        return f"{table[:-3]}y"
    return table[:-1] if table.endswith("s") and not table.endswith("ss") else table


def is_lazy_load(text: str) -> bool:
    """SQLAlchemy writes the condition of a relationship that is loaded late with its parameter on the left."""
    where = text.lower().rpartition(" where ")[2].lstrip(" (")
    return where.startswith(("$", "?"))
