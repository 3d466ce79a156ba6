"""What a check leaves to its words, as ids of its own (`blocking-session:idle`), and which checks name victims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from forge_doctor.finding import Finding
from forge_doctor.probes.postgres.backends.lock_queues import Pileup, Root
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.sql.commands import changes_schema

# Out of connections: whoever asks next is told, whatever it does itself.
EXHAUSTION = frozenset(
    {
        *("pool-timeout", "asyncpg-pool-timeout", "psycopg-pool-timeout", "slots-reserved", "too-many-clients"),
        *("too-many-role", "too-many-database", "pgbouncer-query-wait", "pgbouncer-max-client", "pooler-max-clients"),
        *("no-slot-left", "headroom-low", "worker-at-limit", "connection-limit-low", "bouncer-clients-waiting"),
    }
)
RAN_OUT = frozenset(
    {"pool-timeout", "asyncpg-pool-timeout", "psycopg-pool-timeout", "slots-reserved", "too-many-clients"}
)
# Waited for something that another has, and gave up or was ended.
WAITING = frozenset(
    {
        *("lock-timeout", "statement-timeout", "asyncpg-command-timeout", "user-cancel"),
        *("connect-timeout", "asyncpg-connect-timeout", "gunicorn-worker-timeout", "uvicorn-worker-died"),
    }
)
# The connection was ended from elsewhere; the line that notices did nothing.
ENDED = frozenset(
    {
        *("admin-shutdown", "asyncpg-connection-closed", "asyncpg-closed-mid-operation", "asyncpg-unexpected-lost"),
        *("asyncpg-underlying-closed", "psycopg-connection-closed", "psycopg2-already-closed", "libpq-server-closed"),
        *("libpq-ssl-eof", "reset-by-peer", "connect-refused", "shutting-down", "starting-up", "in-recovery"),
        *("crash-other-process", "backend-signal", "pool-terminate-error", "pool-reset-error", "invalidated-tx"),
        *(
            "idle-in-transaction",
            "server-unexpected-eof",
            "pgbouncer-server-crashed",
            "connection-closed-sa",
            "not-yet-accepting",
        ),
    }
)
# Said of the engine by whichever line queried.
OF_THE_ENGINE = frozenset({"prepared-exists", "prepared-missing", "prepared-unnamed-missing", "fork-shared-connection"})
VICTIMS = EXHAUSTION | WAITING | ENDED | OF_THE_ENGINE
# Checks that say how a session is, not why.
HELD = frozenset(
    {
        *("hoarding-worker", "idle-in-transaction", "long-transaction", "worker-at-limit", "forgotten-connections"),
        *("pool-idle-in-transaction", "pool-too-small", "slow-code-in-transaction", "idle-connections-pile-up"),
    }
)
FULL = frozenset({"pool-too-small", "worker-at-limit", "no-slot-left", "headroom-low", "connection-limit-low"})
# A statement that has run for so long is no ordinary one of a request.
LONG_S = 2.0
_ROOTS = {
    Root.IDLE_IN_TRANSACTION: "idle",
    Root.IDLE: "session-lock",
    Root.PREPARED: "prepared",
    Root.SCHEMA_CHANGE: "schema-change",
    Root.STATEMENT: "statement",
    Root.DUMP: "dump",
    Root.WRAPAROUND: "wraparound",
    Root.VACUUM: "vacuum",
}
_UNAWAITED = ("Session.", "AsyncConnection.", "AsyncTransaction.", "AsyncSession.")
_WRITES = ("commit", "flush", "execute", "delete", "merge", "rollback", "refresh", "begin")


# Every id that is said here and is no check's own.
REFINED = frozenset(
    {
        *(f"blocking-session:{kind}" for kind in (*_ROOTS.values(), "unknown", "behind-schema-change")),
        *(f"held-by-requests:{what}" for what in ("streams", "calls")),
        *(f"{check}:long-statements" for check in FULL),
        *("coroutine-never-awaited:write", "ran-out-unseen", "unknown-error"),
        "connections-held-at-line:unowned",
    }
)


def refined(finding: Finding, pileup: Pileup | None) -> Iterator[str]:
    """The ids a finding says: its check, and what its evidence tells beyond that."""
    yield finding.check
    if finding.check == "blocking-session" and pileup is not None:
        yield f"{finding.check}:{_ROOTS.get(pileup.kind, 'unknown')}"
        if queues_for_ddl(pileup):
            yield f"{finding.check}:behind-schema-change"
    if finding.check == "held-by-dependency":
        yield from ("held-by-requests", "held-by-requests:calls")
    if finding.check == "held-by-requests":
        yield f"{finding.check}:{'streams' if _streams(finding) else 'calls'}"
    if finding.check == "coroutine-never-awaited" and is_write(finding):
        yield f"{finding.check}:write"


def of_ages(finding: Finding, sessions: Sequence[Session]) -> Iterator[str]:
    """A pool whose connections are all at work is small for its work, or its work is long: the ages tell which."""
    active = [one for one in sessions if one.state == "active" and not one.blocked_by]
    ages = [one.query_age_s for one in active if one.query_age_s is not None]
    if finding.check in FULL and ages and len(active) * 2 > len(sessions) and median(ages) >= LONG_S:
        yield f"{finding.check}:long-statements"


def queues_for_ddl(pileup: Pileup) -> bool:
    """Whether a schema change holds the lock, or stands in the queue with others behind it."""
    behind = {pid for one in pileup.blocked for pid in one.blocked_by}
    changes = {one.pid for one in pileup.blocked if changes_schema(one.statement)}
    # Of a session whose statement is hidden its lock tells: nothing but a change of the schema or a VACUUM FULL wants it.
    changes |= {
        pid for pid, lock in pileup.wanted.items() if lock.mode == "AccessExclusiveLock" and lock.kind == "relation"
    }
    return pileup.kind is Root.SCHEMA_CHANGE or bool(changes & behind)


def is_write(finding: Finding) -> bool:
    """Whether the coroutine nobody awaited is a session's: what it was to do was not done."""
    told = " ".join([finding.message, *(str(one.value) for one in finding.evidence)])
    return any(f"{owner}{method}" in told for owner in _UNAWAITED for method in _WRITES)


def _streams(finding: Finding) -> bool:
    told = {one.label: one.value for one in finding.evidence}
    streams, held = told.get("of them streams"), told.get("held")
    return isinstance(streams, int) and isinstance(held, int) and streams * 2 >= held > 0
