"""What is told beside the findings: one sentence, the worst statements in a table, all of them as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forge_doctor.report import Table
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.phrases import shortened

WIDEST = 90


def headline(situation: Situation) -> str:
    """What the statements are of, and how many."""
    told = situation.statistics
    if told is None:
        return ""
    over = f"in {told.window_s:.0f} s" if told.window_s is not None else "since the statistics were reset"
    return f"{told.calls:,} statements took {told.total_ms / 1000:,.1f} s of the server's time {over}."


def statements_table(situation: Situation, top: int) -> Table | None:
    """The worst by time, and those with most round trips, that come short in a list by time."""
    by_time = situation.statements[:top]
    by_trips = sorted(situation.statements, key=lambda one: -one.calls)[: max(1, top // 2)]
    shown = list({one.key: one for one in (*by_time, *by_trips)}.values())
    if not shown:
        return None
    columns = ("time", "calls", "a transaction", "mean ms", "rows/call", "blocks/call", "statement")
    return Table(
        title="Where the server's time and the round trips go",
        columns=columns,
        rows=tuple(_row(one, show=situation.snapshot.show_query) for one in shown),
    )


def _row(one: Statement, *, show: bool) -> tuple[str | int | float | None, ...]:
    return (
        "-" if one.time_share is None else f"{one.time_share:.0%}",
        one.calls,
        "-" if one.per_transaction is None else f"{one.per_transaction:.1f}",
        "-" if one.mean_ms is None else f"{one.mean_ms:.2f}",
        "-" if one.rows_per_call is None else f"{one.rows_per_call:.0f}",
        "-" if one.blocks_per_call is None else f"{one.blocks_per_call:.0f}",
        shortened(one.text, WIDEST) if show else one.key,
    )


def statements_data(situation: Situation) -> Mapping[str, Any]:
    """Every statement that was kept, for programs."""
    show = situation.snapshot.show_query
    return {
        "taken_at": situation.snapshot.taken_at,
        "statements": [
            {
                "id": one.key,
                "statement": one.text if show else None,
                "calls": one.calls,
                "total_ms": one.total_ms,
                "mean_ms": one.mean_ms,
                "rows_per_call": one.rows_per_call,
                "blocks_per_call": one.blocks_per_call,
                "per_transaction": one.per_transaction,
                "time_share": one.time_share,
                "round_trip_share": one.trip_share,
                "lines": [f"{line.file}:{line.line}" for line in one.lines],
            }
            for one in situation.statements
        ],
    }
