"""An index is invalid: what a migration that failed concurrently has left serves nobody.

Why:
    CREATE INDEX CONCURRENTLY that ends with an error (lock_timeout, a deadlock, a duplicate) leaves the index: no query uses
    it, every write keeps it up, a unique one even refuses rows. `IF NOT EXISTS` in the revision then passes over it, so
    that the revision counts as done.

Measures (bytes):
    pg_index.indisvalid, and whether a session is at work on the table now.

Wrong when:
    It is being built at this moment: pg_stat_progress_create_index and the table's locks are asked, and then nothing is
    told. The index of a partitioned table, which is invalid until every part has one, is not told either.

Source:
    PostgreSQL documentation, CREATE INDEX, "Building Indexes Concurrently"; polarsource/polar#14583.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, NotRun, Related, Severity
from forge_doctor.migrations.live.situation import Situation
from forge_doctor.migrations.live.snapshot import InvalidIndex
from forge_doctor.migrations.live.wording import size
from forge_doctor.migrations.operations.operation import CreateIndex
from forge_doctor.sql.conditional import drop_if_invalid
from forge_doctor.sql.quoting import split_name

REBUILT = ("_ccnew", "_ccold")


@check(severity=Severity.WARNING)
def examine(situation: Situation, _limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding an index."""
    for index in situation.snapshot.invalid_indexes:
        if not index.maybe_building:
            yield _finding(situation, index)


def _finding(situation: Situation, index: InvalidIndex) -> Finding:
    made = _made_by(situation, index)
    by_reindex = index.name.rstrip("0123456789").endswith(REBUILT)
    refuses = ", and being unique it still refuses rows" if index.is_unique else ""
    rerun = "" if by_reindex else "\n-- then make it again as the revision does, or fix the revision and run it again"
    return Finding(
        severity=Severity.ERROR if index.is_unique else Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"index {index.name} of {index.table} ({size(index.size_bytes)}) is invalid: no query uses it, every write "
        f"keeps it up{refuses}. It is what a {'REINDEX' if by_reindex else 'CREATE INDEX'} CONCURRENTLY that failed leaves.",
        location=Location(target=f"{situation.snapshot.target} index {index.schema}.{index.name}"),
        evidence=(Evidence(label="definition", value=index.definition, source="pg_index.indisvalid = false"),),
        remedy=f"{drop_if_invalid(index.schema, index.name)}{rerun}",
        related=tuple(Related(message="created here", location=where) for where in made),
    )


def _made_by(situation: Situation, index: InvalidIndex) -> tuple[Location, ...]:
    """The lines of the trees that create an index of this name."""
    return tuple(
        step.operation.location
        for history in situation.histories
        for up, _ in history.changes
        for step in up.steps
        if isinstance(step.operation, CreateIndex) and index.name == split_name(step.operation.index.name or "")[-1]
    )
