"""An index was never used since the server began to count: every write keeps it up for nothing.

Why:
    Each index costs every INSERT and most UPDATEs, room on disk and in memory, and keeps updates from being made in place.

Measures (s, bytes):
    No scan of it since the statistics were reset, or where they never were since the server started, `counted_s` ago or
    more, while its table was read; `size_bytes` or larger.

Wrong when:
    It enforces something (unique, a constraint, a replica's identity): such an index is never told. It serves a report of the
    end of the year, or a standby, which has counters of its own: info, and the decision is yours. A foreign key's index is
    used by deletes in the other table, which count as scans. It was made lately: when, the server doesn't know, so the
    message says so. An index of an expression gives the planner its statistics even where no statement reads it.

Source:
    PostgreSQL documentation, 28.2.21 pg_stat_all_indexes; 73.7 Heap-Only Tuples.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, Severity
from forge_doctor.slow.inference.proposals import without_names
from forge_doctor.slow.server.schema import Index
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.wording.index_remedies import on_primary
from forge_doctor.sql.conditional import drop_if_unused

READS = 1000


@check(severity=Severity.INFO, limits={"counted_s": 14 * 86_400.0, "size_bytes": 1_048_576})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each index; nothing on a standby, where the primary's scans are not counted."""
    server = situation.server
    if server is None or server.in_recovery or server.settings.get("track_counts") == "off":
        return
    for index in server.indexes:
        if index.scans or index.unique or index.constraint or not index.valid:
            continue
        if index.size_bytes < limits["size_bytes"] or not _counted(index, limits["counted_s"]):
            continue
        table = situation.table_under(index)
        if table is not None and table.scans + table.index_scans >= READS:
            yield _finding(situation, index, table.scans + table.index_scans, limits["counted_s"])


def _counted(index: Index, least_s: float) -> bool:
    return index.counted_s is not None and index.counted_s >= least_s


def _finding(situation: Situation, index: Index, reads: int, counted_s: float) -> Finding:
    since = f" in {(index.counted_s or 0.0) / 86_400:,.0f} days, or since it was made"
    keeps = (
        "-- it also keeps statistics of its expression for the planner\n"
        if any("(" in without_names(key) for key in index.keys)
        else ""
    )
    return Finding(
        severity=Severity.INFO,
        confidence=Confidence.MEDIUM,
        message=f"index {index.schema}.{index.name} ({index.size_bytes / 1_048_576:,.1f} MB) was not used once{since}, while its "
        f"table was read {reads:,} times: every write keeps it up.",
        location=Location(target=f"{situation.snapshot.target} index {index.schema}.{index.name}"),
        evidence=(
            Evidence(label="scans", value=0, unit="scans", source="pg_stat_user_indexes"),
            Evidence(label="table was read", value=reads, unit="times", source="pg_stat_user_tables"),
            Evidence(label="definition", value=index.makes, source="pg_get_indexdef()"),
        ),
        remedy=f"-- only if it is not new, and no standby and no yearly report uses it; in psql\n{keeps}"
        f"{on_primary(situation)}{drop_if_unused(index.schema, index.name, counted_s)}",
    )
