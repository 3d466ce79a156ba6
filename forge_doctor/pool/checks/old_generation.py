"""Workers of an older deployment still hold connections: they no longer listen, and do not end.

Why:
    A worker told to stop closes its listening socket and waits for the requests that are open. A stream or
    a stuck request keeps it alive, and its pool with it, beside the new generation's.

Measures (s):
    A worker that holds connections and listens on no port or Unix socket, has run for `worker_s` or longer, and is
    older than a worker of the same application that listens; without one of those, from `alone_s` on, at
    medium confidence. Where only the database is seen: clients' addresses against `--replicas`.

Wrong when:
    It has not begun to listen yet (a migration at start), or takes its requests from a queue. Ruled out: it must be an
    application server's worker, older than its siblings that listen, and its Unix sockets were looked at.

Source:
    uvicorn documentation, --timeout-graceful-shutdown (none by default); seen with uvicorn: after SIGTERM with
    an event stream open the socket is closed, the process and its connections stay.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import Holder
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.remedies import end_process
from forge_doctor.pool.visibility import unseen_workers
from forge_doctor.pool.wording import count, duration
from forge_doctor.probes.processes.workers import Process

# Servers whose workers have the listening socket themselves.
BY_SOCKET = frozenset({"uvicorn", "gunicorn", "hypercorn", "granian", "fastapi", "python"})


@check(severity=Severity.WARNING, limits={"worker_s": 5, "alone_s": 60})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for all of them."""
    yield from unseen_workers(situation)
    workers = [(holder, holder.process) for holder in situation.worker_holders if holder.process]
    old = [(holder, one) for holder, one in workers if _lingers(one, holder, situation.workers, limits)]
    if old:
        yield _finding(situation, old, len(workers))
    yield from _pods(situation)


def _pods(situation: Situation) -> Iterator[Finding]:
    """More clients of the application elsewhere than replicas, where their number was told."""
    replicas, pods = situation.application.replicas, situation.elsewhere
    expected = replicas.value - bool(situation.workers)
    if replicas.assumed or len(pods) <= expected:
        return
    by_age = sorted(pods.items(), key=lambda pod: -min(one.backend_age_s or 0 for one in pod[1]))
    old = by_age[: len(pods) - expected]
    sessions = [session for _, held in old for session in held]
    told = ", ".join(
        f"{address} (holds {len(held)}, last connected {duration(min(one.backend_age_s or 0 for one in held))} ago)"
        for address, held in old
    )
    yield Finding(
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"the application's sessions come from {len(pods)} addresses, {replicas.value} replicas were told: "
        f"{len(old)} more than there should be, the longest without a new connection first: {told}. An older generation, or "
        "pods that vanished without closing their connections.",
        location=situation.here,
        evidence=(
            Evidence(label="addresses", value=len(pods), unit="clients", source="pg_stat_activity.client_addr"),
            Evidence(label="replicas", value=replicas.value, unit="replicas", source=replicas.source),
        ),
        remedy="kubectl get pods -o wide   # which of these addresses is a pod of now; the sessions of those that are not "
        "may be ended\n"
        "ALTER SYSTEM SET tcp_keepalives_idle = 60;   -- so that the server notices who is gone; then SELECT pg_reload_conf();",
        sessions=tuple(one.pid for one in sessions),
    )


def _lingers(process: Process, holder: Holder, workers: tuple[Process, ...], limits: Limits) -> bool:
    age = process.age_s or 0
    if (
        process.listens is not False
        or process.server not in BY_SOCKET
        or not holder.connections
        or age < limits["worker_s"]
    ):
        return False
    return _replaced(process, workers) or age >= limits["alone_s"]


def _replaced(process: Process, workers: tuple[Process, ...]) -> bool:
    """Whether a younger worker of the same application listens."""
    return any(
        one.listens and one.application == process.application and (one.age_s or 0) < (process.age_s or 0)
        for one in workers
        if one.pid != process.pid
    )


def _finding(situation: Situation, old: list[tuple[Holder, Process]], workers: int) -> Finding:
    held = sum(holder.connections for holder, _ in old)
    told = ", ".join(
        f"pid {one.pid} ({duration(one.age_s)} old, holds {holder.connections})"
        for holder, one in sorted(old, key=lambda pair: -(pair[1].age_s or 0))
    )
    sure = all(_replaced(one, situation.workers) for _, one in old)
    sessions = [session for holder, _ in old for session in holder.sessions]
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
        message=f"{len(old)} of {count(workers, 'worker')} no longer {'listens' if len(old) == 1 else 'listen'} and still "
        f"{'holds' if len(old) == 1 else 'hold'} {count(held, 'connection')}: {told}. "
        f"{'It is' if len(old) == 1 else 'They are'} shutting down and {'does' if len(old) == 1 else 'do'} not end, "
        "an older generation beside the one that serves.",
        location=situation.here,
        evidence=(
            Evidence(label="do not listen", value=len(old), unit="processes", source="their sockets"),
            Evidence(
                label="held by them",
                value=held,
                unit="connections",
                source="pg_stat_activity joined with their sockets",
            ),
            *(
                Evidence(label=f"open requests of pid {one.pid}", value=_open(one), source="its sockets")
                for _, one in old
            ),
        ),
        remedy="--timeout-graceful-shutdown 30   # uvicorn's, none by default; and await engine.dispose() at the end of the lifespan"
        + "".join(f"\n{_end(one, situation)}" for _, one in old if sure),
        sessions=tuple(one.pid for one in sessions),
    )


def _end(process: Process, situation: Situation) -> str:
    """Not SIGTERM: uvicorn, told to end before, takes a second one for the first."""
    why = "told to end and still there: its open requests fail"
    return end_process(process.pid, situation.snapshot.taken_at, why, "KILL")


def _open(process: Process) -> str:
    return "not to be counted without its listening socket" if not process.listen else str(process.requests_in_flight)
