"""A worker's pool lives idle in transaction: most of its connections wait for application code.

Why:
    The first query of a request begins a transaction that lasts until the request ends. Where the request
    then calls a model or another service, each connection spends seconds for milliseconds of work. Each
    single age is harmless and other requests take their turn, so nothing looks stuck; the pool is
    empty all the same, and vacuum is held back.

Measures (ratio):
    Of a worker's sessions in one pool, `share_ratio` or more are idle in transaction, at least
    `sessions` of them for `idle_s` or longer, after different statements. With several looks (--duration):
    the share of all connection time spent so, which raises the confidence.

Wrong when:
    One look catches a burst: at least half the sessions must have idled for longer than a pause between two
    statements, and without several looks the confidence is medium.

Source:
    SQLAlchemy documentation, "Session Basics", "When do I construct a Session, when do I commit it":
    begin late, commit before calling out. Seen with 24 of 25 sessions idle for 2 to 4 s each.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.inference.workloads import Workload, workloads
from forge_doctor.pool.visibility import unseen_sessions, unseen_workers
from forge_doctor.pool.wording import duration, pids
from forge_doctor.probes.postgres.backends.session import Session

SAME_STATEMENT = 0.8


@check(severity=Severity.WARNING, limits={"share_ratio": 0.6, "sessions": 5, "idle_s": 0.3})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each pool of each worker; one statement alone is `slow-code-in-transaction`'s."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    for load in workloads(situation):
        long = tuple(one for one in load.idle if (one.state_age_s or 0) >= limits["idle_s"])
        many = len(long) >= limits["sessions"] and len(long) >= limits["share_ratio"] * len(load.sessions)
        if many and load.commonest < SAME_STATEMENT * len(load.idle) and not load.waits_for_itself(limits["idle_s"]):
            yield _finding(situation, load, long, limits)


def _finding(situation: Situation, load: Workload, long: tuple[Session, ...], limits: Limits) -> Finding:
    looks = situation.snapshot.looks
    share = looks.idle_in_transaction_ratio if looks else None
    ages = sorted(one.state_age_s or 0 for one in long)
    idlest = max(long, key=lambda one: one.state_age_s or 0)
    measured = (
        f" In {looks.window_s:.0f} s they spent {share:.0%} of their time so." if looks and share is not None else ""
    )
    sure = share is not None and share >= limits["share_ratio"]
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
        message=f"{len(long)} of {len(load.sessions)} sessions of {load.name} are idle in transaction, for {duration(ages[0])} to "
        f"{duration(ages[-1])} each, after {load.statements} different statements: requests keep their connection while they "
        f"wait for something that is not the database.{measured}",
        location=situation.location(idlest),
        evidence=(
            Evidence(label="idle in transaction", value=len(long), unit="sessions", source=f"pids {pids(long)}"),
            Evidence(label="requests in flight", value=load.requests, unit="requests", source="its accepted sockets"),
            *situation.about(idlest),
        ),
        remedy="await session.commit()   # end the read transaction before the call to a model or a service, begin anew after it",
        sessions=tuple(one.pid for one in long),
    )
