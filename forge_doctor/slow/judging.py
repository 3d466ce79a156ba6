"""What several checks ask of a statement: whether it reads too much for what it gives, how grave that is."""

from __future__ import annotations

from forge_doctor.check import Limits
from forge_doctor.finding import Severity
from forge_doctor.slow.statement import Statement

AGGREGATES = frozenset(
    {"count", "sum", "avg", "min", "max", "array_agg", "string_agg", "json_agg", "jsonb_agg", "bool_or", "bool_and"}
)
# A statement of so much of the database's time, and so long, is what makes a service slow.
GRAVE_SHARE, GRAVE_MS = 0.25, 10.0


def reads_too_much(statement: Statement, limits: Limits) -> bool:
    """`blocks` or more a call, and `blocks_times` as many as rows given; nothing is said where blocks were not counted.

    An index touches about a block a row. Of an aggregate, whose one row is made of many, only the blocks count.
    """
    blocks, rows = statement.blocks_per_call, statement.rows_per_call
    if blocks is None or rows is None or blocks < limits["blocks"]:
        return False
    return is_aggregate(statement) or blocks >= limits["blocks_times"] * max(1.0, rows)


def asked_enough(statement: Statement, limits: Limits) -> bool:
    """`calls` or more, of `mean_ms` or more each where times are known: less is nobody's trouble."""
    return statement.calls >= limits["calls"] and (statement.mean_ms is None or statement.mean_ms >= limits["mean_ms"])


def is_aggregate(statement: Statement) -> bool:
    """Whether its rows are made of many others."""
    return bool(statement.shape.functions & AGGREGATES or statement.shape.group)


def grave(statement: Statement) -> Severity:
    """An error where it takes a quarter of the database's time, else a warning."""
    heavy = (statement.time_share or 0.0) >= GRAVE_SHARE and (statement.mean_ms or 0.0) >= GRAVE_MS
    return Severity.ERROR if heavy else Severity.WARNING
