"""A migration holds locks others wait for: it is at work, or its transaction was left open.

Why:
    All locks of a revision are kept until its transaction ends; with one transaction for all revisions, until the last
    of them has run. A migration that waits for input, hangs in a data migration or lost its client keeps them for good.

Measures (s):
    Roots of lock queues (pg_blocking_pids()) that are migrations: sessions with the version table written in an open
    transaction, or with a statement that changes the schema. Told where somebody has waited `wait_s`, or where such a
    session has been idle in its transaction for `idle_s`.

Wrong when:
    It ends in a moment: what is printed asks again. A migration that is at work and blocks nobody is not told.

Source:
    PostgreSQL documentation, explicit locking, pg_stat_progress_create_index.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity, counted
from forge_doctor.migrations.live.lock_texts import root_remedy, root_told
from forge_doctor.migrations.live.situation import Situation
from forge_doctor.migrations.live.wording import duration
from forge_doctor.probes.postgres.backends.lock_queues import Pileup
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.postgres.backends.signals import idle_for, terminate


@check(severity=Severity.ERROR, limits={"wait_s": 1, "idle_s": 60})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding a migration that blocks, or was left open."""
    yield from situation.unseen_sessions()
    told = set()
    for pileup in situation.pileups:
        if pileup.root and situation.is_migration(pileup.root) and pileup.longest_wait_s >= limits["wait_s"]:
            told.add(pileup.root.pid)
            yield _blocks(situation, pileup, pileup.root)
    for session in situation.snapshot.sessions:
        is_left = session.pid in situation.snapshot.migrators and session.idle_in_transaction
        if is_left and session.pid not in told and (session.state_age_s or 0.0) >= limits["idle_s"]:
            yield _left_open(situation, session)


def _blocks(situation: Situation, pileup: Pileup, root: Session) -> Finding:
    progress = situation.snapshot.progress.get(str(root.pid))
    return Finding(
        severity=Severity.CRITICAL if root.idle_in_transaction else Severity.ERROR,
        confidence=Confidence.HIGH,
        message=f"a migration blocks {counted(len(pileup.blocked), 'session')}, the longest for {duration(pileup.longest_wait_s)}: "
        f"{root_told(pileup)}.",
        location=situation.of(root),
        evidence=(
            Evidence(label="statement", value=root.statement[:200], source="pg_stat_activity, without its values"),
            Evidence(label="blocked", value=len(pileup.blocked), unit="sessions", source="pg_blocking_pids()"),
            *((Evidence(label="progress", value=progress, source="pg_stat_progress views"),) if progress else ()),
        ),
        remedy=root_remedy(pileup, situation.server.clock),
        sessions=(root.pid, *(one.pid for one in pileup.blocked)),
    )


def _left_open(situation: Situation, session: Session) -> Finding:
    age_s = session.state_age_s or 0.0
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"the migration of pid {session.pid} has been idle in its transaction for {duration(age_s)}: it keeps every lock "
        "it took, and whoever comes for these tables will wait.",
        location=situation.of(session),
        evidence=(Evidence(label="idle", value=round(age_s), unit="s", source="pg_stat_activity.state_change"),),
        remedy=terminate(
            (session.pid,), idle_for(max(age_s - 1, 0), session.state or "idle in transaction", situation.server.clock)
        )
        + "   -- rolls the revision back",
        sessions=(session.pid,),
    )
