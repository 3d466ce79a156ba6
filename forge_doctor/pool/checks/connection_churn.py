"""Connections are opened and closed all the time instead of kept.

Why:
    Each new connection costs a server process, a TLS and a password handshake, several times a short
    statement. NullPool, an engine made for each request, or an overflow in constant use does this.

Measures (s):
    With several looks (--duration, --watch): connections opened per second, `opened_per_s` or more; info where every
    worker has kept a connection for the whole time and has no new one, so that it is others who connect anew.
    With one look: a worker that has run for `worker_s` or longer holds at least `connections`, all of
    them younger than `young_s`.

Wrong when:
    The connections are another client's: the server counts them for the whole database. Several looks tell pids
    apart that came and went; with one look only workers whose every connection is new count, at medium confidence.

Source:
    SQLAlchemy documentation, "Connection Pooling": NullPool, "Using FIFO vs. LIFO"; "Engine
    Configuration": one engine a process.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_sessions
from forge_doctor.pool.wording import held_by

REMEDY = "One engine for the life of the process, with its default pool: create_async_engine(url) at module level or in the lifespan."


@check(severity=Severity.WARNING, limits={"opened_per_s": 2, "worker_s": 60, "connections": 3, "young_s": 2})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """The rate where there were several looks, else the workers whose connections are all new."""
    yield from unseen_sessions(situation)
    looks = situation.snapshot.looks
    if looks is not None:
        rate = looks.opened / looks.window_s if looks.window_s else 0.0
        if rate >= limits["opened_per_s"]:
            others = _is_of_others(situation, looks.window_s)
            yield Finding(
                severity=Severity.INFO if others else Severity.WARNING,
                confidence=Confidence.HIGH,
                message=f"{looks.opened} connections were opened in {looks.window_s:.1f} s ({rate:.1f} per second) where a pool would "
                f"keep them. Each costs a server process and a handshake.{_seen(situation, looks.window_s)}"
                + (" The workers keep theirs: scripts, exporters or jobs connect anew." if others else ""),
                location=situation.here,
                evidence=(
                    Evidence(
                        label="opened",
                        value=looks.opened,
                        unit="connections",
                        source="several looks at pg_stat_activity",
                    ),
                    Evidence(label="window", value=round(looks.window_s, 1), unit="s", source="--duration"),
                    *_pool_class(situation),
                ),
                remedy="" if others else REMEDY,
            )
        return
    yield from _one_look(situation, limits)


def _one_look(situation: Situation, limits: Limits) -> Iterator[Finding]:
    for holder in situation.worker_holders:
        ages = [session.backend_age_s or 0 for session in holder.sessions]
        running = holder.process.age_s if holder.process else None
        if len(ages) < limits["connections"] or max(ages) >= limits["young_s"] or (running or 0) < limits["worker_s"]:
            continue
        yield Finding(
            severity=Severity.WARNING,
            confidence=Confidence.MEDIUM,
            message=f"all {len(ages)} connections of {holder.name} are younger than {limits['young_s']:g} s though it has run for "
            "longer: it opens one for each piece of work instead of keeping them.",
            location=situation.here,
            evidence=(
                Evidence(label="oldest connection", value=round(max(ages), 1), unit="s", source="now - backend_start"),
                Evidence(label="worker runs for", value=round(running or 0), unit="s", source="process start time"),
                *_pool_class(situation),
            ),
            remedy=REMEDY + "\nforge-doctor pool --duration 10   # measures the rate",
        )


def _seen(situation: Situation, window_s: float) -> str:
    """Whose those are that are open now; most come and go between two looks."""
    young = [one for one in situation.sessions if (one.backend_age_s or 0) < window_s]
    return f" Of those open now: {held_by(situation.holder_of(one) for one in young)}." if young else ""


def _is_of_others(situation: Situation, window_s: float) -> bool:
    """Whether there are workers, each with a connection older than the looks, none with a new one."""
    ages = [[one.backend_age_s or 0 for one in holder.sessions] for holder in situation.worker_holders]
    return bool(ages) and all(each and min(each) >= window_s for each in ages)


def _pool_class(situation: Situation) -> tuple[Evidence, ...]:
    application = situation.application
    if not application.source:
        return ()
    return (Evidence(label="pool class", value=application.pool_class, source=application.source),)
