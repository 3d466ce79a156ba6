"""The rows of pg_stat_statements: read, compared between two looks, and cut to those that matter; judges nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from forge_doctor.dataclass import dataclass
from forge_doctor.slow.server.work import READY, StatementStats, Statistics
from forge_doctor.sql.masking import sqlcommenter_tags, without_values

Row = Mapping[str, Any]
# Of each order so many are kept; texts longer than this are cut, and can't be explained.
KEPT, LONGEST = 60, 20_000
ORDERS = ("total_ms", "calls", "blocks", "temp_blocks", "rows", "max_ms")
NUMBERS = ("calls", "total_ms", "rows", "blocks", "temp_blocks", "jit_ms", "read_ms")
COMMIT = re.compile(r"(?:commit|end)(?:\s+(?:work|transaction))?\s*;?\s*", re.IGNORECASE)
ROLLBACK = re.compile(r"(?:rollback|abort)(?:\s+(?:work|transaction))?\s*;?\s*", re.IGNORECASE)
# How ours begin.
OWN = re.compile(r"BEGIN READ ONLY")
# What asks about the server itself: ours, and every monitor's.
CATALOG = re.compile(r"\b(?:from|join)\s+(?:\w+\.|\"\w+\"\.)?\"?(?:pg_\w+|hypopg)", re.IGNORECASE)
WORK = re.compile(
    r"[\s(]*+(?:/\*(?:[^*]|\*(?!/))*+\*/\s*+)*+\(*+(?:select|insert|update|delete|merge|with|values)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """All rows of one moment by queryid and level, and when the statistics were reset."""

    rows: tuple[Row, ...]
    age_s: float | None = None
    deallocations: int | None = None


def statistics_of(last: Look, first: Look | None, window_s: float, most: int | None, *, utility: bool) -> Statistics:
    """What ran between the looks; totals since the reset where there was no first one, or nothing ran between."""
    changed = tuple(_changes(last.rows, first.rows)) if first is not None else ()
    ran = [row for row in changed if _is_work(row["query"])]
    quiet = first is not None and not ran
    rows = last.rows if first is None or quiet else changed
    told = [row for row in rows if row["key"] is not None]
    work = [row for row in told if _is_work(row["query"])]
    top = [row for row in work if row["toplevel"]]
    return Statistics(
        state=READY,
        window_s=None if first is None or quiet else window_s,
        quiet=quiet,
        age_s=last.age_s,
        statements=tuple(_statement(row) for row in _kept(work)),
        seen=sum(row["entries"] for row in last.rows),
        hidden=sum(row["entries"] for row in last.rows if row["key"] is None),
        hidden_ratio=_hidden_ratio(rows),
        calls=int(sum(row["calls"] for row in top)),
        total_ms=sum(row["total_ms"] for row in top),
        commits=_ended(told, COMMIT) if utility else None,
        rollbacks=_ended(told, ROLLBACK) if utility else None,
        own=_ended(told, OWN),
        deallocations=last.deallocations,
        most=most,
    )


def _hidden_ratio(rows: Iterable[Row]) -> float:
    told = list(rows)
    hidden = [row for row in told if row["key"] is None]
    whole = {name: sum(row[name] for row in told) for name in ("total_ms", "calls")}
    return max((sum(row[name] for row in hidden) / of for name, of in whole.items() if of), default=0.0)


def _is_work(query: str) -> bool:
    return WORK.match(query) is not None and CATALOG.search(query) is None


def _ended(rows: Iterable[Row], how: re.Pattern[str]) -> int:
    return int(sum(row["calls"] for row in rows if how.fullmatch(row["query"])))


def _changes(last: Iterable[Row], first: Iterable[Row]) -> Iterable[Row]:
    """The rows with what was added since `first`; one that was reset or dropped between counts from its beginning."""
    before = {(row["key"], row["toplevel"]): row for row in first}
    for row in last:
        old = before.get((row["key"], row["toplevel"]))
        if old is None or old["calls"] > row["calls"]:
            yield row
        elif row["calls"] > old["calls"]:
            yield {**row, **{name: _less(row[name], old[name]) for name in NUMBERS}}


def _less(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else max(0.0, now - before)


def _kept(rows: Sequence[Row]) -> Sequence[Row]:
    """The first of every order: a statement that is at the top of none is no cause of anything."""
    wanted: dict[int, Row] = {}
    for order in ORDERS:
        for row in sorted(rows, key=lambda one: -one[order])[:KEPT]:
            wanted.setdefault(id(row), row)
    return sorted(wanted.values(), key=lambda one: -one["total_ms"])


def _statement(row: Row) -> StatementStats:
    query = row["query"]
    return StatementStats(
        key=row["key"],
        text=without_values(query[:LONGEST]),
        calls=int(row["calls"]),
        total_ms=row["total_ms"],
        min_ms=row["min_ms"],
        max_ms=row["max_ms"],
        rows=int(row["rows"]),
        blocks=int(row["blocks"]),
        temp_blocks=int(row["temp_blocks"]),
        jit_ms=row["jit_ms"],
        read_ms=row["read_ms"],
        toplevel=row["toplevel"],
        is_cut=len(query) > LONGEST,
        tags=dict(sqlcommenter_tags(query)),
    )
