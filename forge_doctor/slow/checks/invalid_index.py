"""An index is invalid: no statement uses it, and every write keeps it up.

Why:
    CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY that fail (a deadlock, a duplicate, a cancel) leave the unfinished
    index behind. It answers nothing, costs every write, and CREATE INDEX IF NOT EXISTS passes over it without a word.

Measures (bytes):
    indisvalid or indisready is false, no session is building it, and it is `size_bytes` or larger.

Wrong when:
    It is being built or dropped just now: whoever does that CONCURRENTLY holds a lock of the table, which pg_locks shows
    to every role, while pg_stat_progress_create_index hides what others build. A vacuum holds the same lock: an index is
    told by the next look then. A partitioned table's index is invalid until every part has one: those are not told.

Source:
    PostgreSQL documentation, CREATE INDEX, "Building Indexes Concurrently".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, Severity
from forge_doctor.slow.server.schema import Index
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.wording.index_remedies import on_primary
from forge_doctor.sql.conditional import drop_if_invalid


@check(severity=Severity.WARNING, limits={"size_bytes": 0})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each index."""
    for index in situation.server.indexes if situation.server else ():
        if not index.valid and not index.being_made and index.size_bytes >= limits["size_bytes"]:
            yield _finding(situation, index)


def _finding(situation: Situation, index: Index) -> Finding:
    costs = "every write keeps it up" if index.ready else "room is all it takes, since writes pass it over"
    refuses = " It refuses duplicates all the same." if index.unique and index.ready else ""
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"index {index.schema}.{index.name} of {index.table} is invalid: a CREATE INDEX CONCURRENTLY or REINDEX failed. "
        f"No statement uses it, {costs}.{refuses}",
        location=Location(target=f"{situation.snapshot.target} index {index.schema}.{index.name}"),
        evidence=(Evidence(label="definition", value=index.makes, source="pg_get_indexdef(), pg_index.indisvalid"),),
        remedy=_remedy(situation, index),
    )


def _remedy(situation: Situation, index: Index) -> str:
    """What REINDEX left is dropped; what enforces something, or is attached to a partitioned table's, can only be rebuilt."""
    again = f"REINDEX INDEX CONCURRENTLY {index.quoted};"
    twice = "   -- fails again while there are duplicates" if index.unique else ""
    if index.constraint:
        return f"{on_primary(situation)}{again}{twice}"
    drop = f"{on_primary(situation)}{drop_if_invalid(index.schema, index.name)}"
    return drop if index.is_left_over else f"{drop}\n-- then make it again, or instead: {again}{twice}"
