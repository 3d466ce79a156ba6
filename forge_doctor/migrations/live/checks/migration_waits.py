"""A migration waits for a lock, and everything that comes after it waits behind it.

Why:
    A schema change queues for its lock, and the queue is in order: whoever asks for the table afterwards waits for the
    migration, not only for the session it waits for. Ending the migration lets them all go on at once.

Measures (s):
    pg_blocking_pids() with everybody behind each root. A session is a migration where it has written to the version table
    in a transaction that is still open, or runs a statement that changes the schema; told from `wait_s` on.

Wrong when:
    The lock was about to be given: every statement printed asks again whether the session still waits, or still blocks.

Source:
    PostgreSQL documentation, explicit locking; pg_blocking_pids() names the sessions ahead in the queue as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity, counted
from forge_doctor.migrations.live.lock_texts import root_remedy, root_told
from forge_doctor.migrations.live.situation import Situation
from forge_doctor.migrations.live.wording import duration
from forge_doctor.probes.postgres.backends.lock_queues import Pileup, lock_name
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.postgres.backends.signals import cancel, waits
from forge_doctor.sql.commands import command_of


@check(severity=Severity.ERROR, limits={"wait_s": 1})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding a migration that waits."""
    yield from situation.unseen_sessions()
    for pileup in situation.pileups:
        for session in pileup.blocked:
            if situation.is_migration(session) and pileup.waited_s(session) >= limits["wait_s"]:
                yield _finding(situation, pileup, session)


def _finding(situation: Situation, pileup: Pileup, session: Session) -> Finding:
    behind = [one for one in pileup.blocked if session.pid in one.blocked_by]
    lock = pileup.wanted.get(session.pid)
    wants = f" for {lock_name(lock)}" if lock else ""
    others = f" {counted(len(behind), 'session waits', 'sessions wait')} behind it." if behind else ""
    return Finding(
        severity=Severity.CRITICAL if behind else Severity.ERROR,
        confidence=Confidence.HIGH,
        message=f"the migration of pid {session.pid} ({command_of(session.statement) or 'a statement'}) has waited "
        f"{duration(pileup.waited_s(session))}{wants}: {root_told(pileup)}.{others}",
        location=situation.of(session),
        evidence=(
            Evidence(label="statement", value=session.statement[:200], source="pg_stat_activity, without its values"),
            Evidence(label="waits for", value=", ".join(map(str, session.blocked_by)), source="pg_blocking_pids()"),
            Evidence(label="behind it", value=len(behind), unit="sessions", source="pg_blocking_pids()"),
        ),
        remedy=f"{cancel((session.pid,), waits(situation.server.clock))}   -- the queue drains at once; run the migration again "
        "with a lock_timeout\n"
        f"{root_remedy(pileup, situation.server.clock)}",
        sessions=(session.pid, *((pileup.root_pid,) if pileup.root else ()), *(one.pid for one in behind)),
    )
