"""A prepared transaction waits for a COMMIT PREPARED that may never come.

Why:
    It belongs to no session: it keeps its locks and holds back vacuum through restarts of the
    server, until somebody ends it by its name.

Measures (s):
    now - prepared, in every database. Error from `prepared_s` on.

Wrong when:
    A transaction manager is about to commit it: only what is older than `prepared_s` counts, and the
    remedy says so.

Source:
    PostgreSQL documentation, PREPARE TRANSACTION, "Caution"; pg_prepared_xacts.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_server
from forge_doctor.pool.wording import count, duration
from forge_doctor.sql.conditional import roll_back_if_old
from forge_doctor.sql.quoting import quote_identifier


@check(severity=Severity.ERROR, limits={"prepared_s": 60})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for all of them, the oldest named."""
    yield from unseen_server(situation)
    prepared = situation.server.prepared if situation.server else ()
    old = tuple(one for one in prepared if one.age_s >= limits["prepared_s"])
    if not old:
        return
    oldest = max(old, key=lambda one: one.age_s)
    yield Finding(
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message=f"{count(len(old), 'prepared transaction')} left behind, the oldest for {duration(oldest.age_s)} (owner "
        f"{oldest.owner}, database {oldest.database}). It keeps its locks and holds back vacuum, through restarts too.",
        location=situation.here,
        evidence=(
            Evidence(label="prepared transactions", value=len(old), unit="transactions", source="pg_prepared_xacts"),
            Evidence(label="oldest", value=round(oldest.age_s, 1), unit="s", source="now - prepared"),
        ),
        remedy=f"-- in psql, in database {quote_identifier(oldest.database)}, unless its transaction manager still means to commit it\n"
        f"{roll_back_if_old(oldest.gid, oldest.age_s)}",
    )
