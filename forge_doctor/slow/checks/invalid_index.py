"""An index is invalid: no statement uses it, and every write keeps it up.

Why:
    CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY that fail (a deadlock, a duplicate, a cancel) leave the unfinished
    index behind. It answers nothing, costs every write, and CREATE INDEX IF NOT EXISTS passes over it without a word.

Measures (bytes):
    indisvalid or indisready is false, no session is building it, and it is `size_bytes` or larger.

Wrong when:
    It is being built just now: pg_stat_progress_create_index is asked. A partitioned table's index is invalid until every
    part has one: those are not told.

Source:
    PostgreSQL documentation, CREATE INDEX, "Building Indexes Concurrently".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, Severity
from forge_doctor.slow.server.schema import Index
from forge_doctor.slow.situation import Situation

# What REINDEX CONCURRENTLY calls the index it makes, and the old one it has not dropped yet.
REINDEXED = ("_ccnew", "_ccold")


@check(severity=Severity.WARNING, limits={"size_bytes": 0})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each index."""
    for index in situation.server.indexes if situation.server else ():
        if not index.valid and not index.being_made and index.size_bytes >= limits["size_bytes"]:
            yield _finding(situation, index)


def _finding(situation: Situation, index: Index) -> Finding:
    drop = f"DROP INDEX CONCURRENTLY {index.quoted};"
    rebuilt = index.name.rstrip("0123456789").endswith(REINDEXED)
    again = "" if rebuilt else f"   -- then make it again, or instead: REINDEX INDEX CONCURRENTLY {index.quoted};"
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"index {index.schema}.{index.name} of {index.table} is invalid: a CREATE INDEX CONCURRENTLY or REINDEX failed. "
        "No statement uses it, every write keeps it up.",
        location=Location(target=f"{situation.snapshot.target} index {index.schema}.{index.name}"),
        evidence=(Evidence(label="definition", value=index.makes, source="pg_get_indexdef(), pg_index.indisvalid"),),
        remedy=f"{drop}{again}",
    )
