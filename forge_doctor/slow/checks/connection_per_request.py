"""A connection is opened for nearly every transaction: there is no pool, or one that keeps nothing.

Why:
    A connection costs a process on the server, a login and often TLS: some milliseconds, several times what the
    statement takes. NullPool, an engine per request and a pool that is disposed of each time do that.

Measures (sessions, ratio):
    `sessions` new ones or more during the look, and `new_ratio` of its transactions or more. Servers before 14 don't
    count sessions.

Wrong when:
    Few requests come and the connections are those of a start: then there are few. pgbouncer opens them for others:
    where it is seen in between nothing is told. Short-lived jobs, each of which has to connect: medium confidence.

Source:
    PostgreSQL documentation, 28.2.17 pg_stat_database, sessions; SQLAlchemy documentation, "Switching Pool Implementations".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, Severity
from forge_doctor.slow.situation import Situation

LEAST_LOGGED = 5
REMEDY = (
    "one engine for the whole process, made once, with its pool: create_async_engine(url) without "
    "poolclass=NullPool, not inside a request, and disposed of only at the end"
)


def _logged(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """Of the pool's log (echo_pool="debug"): a connection made for nearly each one that is checked out."""
    pool = situation.logged.pool if situation.logged else None
    if pool is None or pool.created < LEAST_LOGGED or pool.created < limits["new_ratio"] * pool.checked_out:
        return
    named = f" by {pool.pool}" if pool.pool else ""
    yield Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if pool.pool == "NullPool" else Confidence.MEDIUM,
        message=f"{pool.created} connections were made{named} for {pool.checked_out} that were checked out: nearly each transaction "
        "waits for a login first, and the server starts a process for it.",
        location=Location(target=situation.snapshot.target),
        evidence=(
            Evidence(label="created", value=pool.created, unit="connections", source="pool's log"),
            Evidence(label="checked out", value=pool.checked_out, unit="times", source="pool's log"),
        ),
        remedy=REMEDY,
    )


@check(severity=Severity.WARNING, limits={"sessions": 10, "new_ratio": 0.3})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """At most one finding of the server, and one of the pool's log."""
    yield from _logged(situation, limits)
    server = situation.server
    delta = server.delta if server else None
    if server is None or delta is None or delta.sessions is None:
        return
    if server.samples is not None and server.samples.bouncer:
        return
    transactions = situation.window_transactions or 0
    if delta.sessions >= limits["sessions"] and delta.sessions >= limits["new_ratio"] * max(1, transactions):
        yield Finding(
            severity=Severity.WARNING,
            confidence=Confidence.MEDIUM,
            message=f"{delta.sessions} new connections for {transactions} transactions in {delta.window_s:.0f} s: nearly "
            "each transaction waits for a login first, and the server starts a process for it.",
            location=Location(target=situation.snapshot.target),
            evidence=(
                Evidence(label="new sessions", value=delta.sessions, unit="sessions", source="pg_stat_database"),
                Evidence(
                    label="transactions",
                    value=transactions,
                    unit="transactions",
                    source="pg_stat_database, without ours",
                ),
                Evidence(label="for", value=round(delta.window_s, 1), unit="s", source="between the two looks"),
            ),
            remedy=REMEDY,
        )
