"""A pending revision will stop reads or writes of a large table while it works through it.

Why:
    A rewrite, a scan or an index build under a lock that others wait for takes as long as the table is large, and
    everything that uses the table waits behind it: an outage whose length is known before it begins.

Measures (s):
    The operations of the revisions that the database lacks, their lock and work as measured on PostgreSQL 13 to 18, and
    the table's size in this database. The time is an estimate in a range: 20 to 200 MB/s for a rewrite or an index build,
    100 to 2000 MB/s for a scan. A warning where its upper end reaches `blocks_s`, an error from `outage_s` on.

Wrong when:
    The operation stands under a condition that only the run decides, or the table is emptied first; or the machine is
    faster than the range. What is told is the range, with medium confidence, never a measurement.

Source:
    PostgreSQL documentation, ALTER TABLE, explicit locking; locks and rewrites were read off pg_locks and
    pg_relation_filenode.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.migrations.live.cost import Cost
from forge_doctor.migrations.live.situation import Situation
from forge_doctor.migrations.live.wording import size, span


@check(severity=Severity.WARNING, limits={"blocks_s": 2, "outage_s": 30})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding an operation."""
    yield from situation.unread_tables()
    for cost in situation.costs:
        if cost.work is not None and cost.stops_writes and cost.high_s >= limits["blocks_s"]:
            yield _finding(cost, limits)


def _finding(cost: Cost, limits: Limits) -> Finding:
    table, written = cost.table, cost.step.operation.written
    conditional = bool(written.conditions)
    return Finding(
        severity=Severity.ERROR if cost.high_s >= limits["outage_s"] else Severity.WARNING,
        confidence=Confidence.LOW if conditional else Confidence.MEDIUM,
        message=f"pending revision {cost.step.revision.id} {cost.work.value if cost.work else 'locks'} {table.label} "
        f"({size(table.size_bytes)}, about {table.rows:,} rows) under {cost.mode}: {cost.stops} wait for "
        f"{span(cost.low_s, cost.high_s)}, an estimate from its size.",
        location=cost.step.operation.location,
        evidence=(
            Evidence(label="table", value=table.size_bytes, unit="bytes", source="pg_table_size()"),
            Evidence(label="indexes", value=table.indexes_bytes, unit="bytes", source="pg_indexes_size()"),
            Evidence(label="rows", value=table.rows, source="pg_stat_user_tables, pg_class.reltuples"),
        ),
        remedy="the way without the lock is told for this line by forge-doctor migrations; else plan a window of that length",
    )
