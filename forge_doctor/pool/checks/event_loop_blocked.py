"""Workers do not accept requests although their connections are idle: the event loop is blocked.

Why:
    A synchronous engine, time.sleep() or a busy loop inside `async def` stops everything in the
    worker. Requests pile up before they are accepted, and the database waits for work.

Measures (requests):
    Connections the kernel completed on the workers' listening port and nobody accepted (the accept
    queue) for a second or longer, and requests that have lain unread in accepted sockets for as long: together
    at least `queued_requests`, while the workers that share the port have at most one active session each.
    Where the kernel does not tell how long, the accept queue alone, at low confidence.
    Where such a finding is at hand, the stack of each worker's main thread is read three times, 0.1 s apart: by its
    own interpreter from Python 3.14 on, else by py-spy (an extra). The line in which every sample found it is the
    one that blocks.

Wrong when:
    The worker is only slow to accept under a burst, or does not read a large upload. Looked at: a loop that runs
    accepts and reads within a second, and a worker that waits for the database has active sessions. Where the stacks
    show that every loop waits for events, the finding is of low confidence: it has gone on since, or accepts nothing
    for another reason.

Source:
    Seen on Linux: Recv-Q of a listening socket in /proc/net/tcp counts connections not yet
    accepted; 8 while a synchronous engine blocked the loop of a uvicorn worker.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.accept_queues import AcceptQueue, accept_queues
from forge_doctor.pool.inference.holders import Holder
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.inference.source_lines import stack_text
from forge_doctor.pool.inference.stack_lines import DEPTH, main_thread
from forge_doctor.pool.inference.stacks_wanted import UNREAD_REQUESTS
from forge_doctor.pool.visibility import unread_stacks, unseen_sessions, unseen_workers
from forge_doctor.pool.wording import count
from forge_doctor.probes.application.call_stacks import Waiting
from forge_doctor.probes.processes.workers import Process

TO_THREAD = "Await it with an asynchronous client (asyncpg, httpx), or run it in asyncio.to_thread()."
POOL_REMEDY = (
    "Use create_async_engine() and await it, or make the endpoint a plain `def`, which runs in a thread.\n"
    "One session per request: pass the one it has to what it calls, instead of opening a second."
)


@check(severity=Severity.ERROR, limits={"queued_requests": UNREAD_REQUESTS})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each port."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    told: set[int] = set()
    holder_of = {holder.process.pid: holder for holder in situation.worker_holders if holder.process}
    for queue in accept_queues(situation.workers):
        holders = [holder_of[one.pid] for one in queue.workers]
        active = sum(len(holder.in_state("active")) for holder in holders)
        if queue.queued + queue.unread < limits["queued_requests"] or active > len(holders):
            continue
        told |= {worker.pid for worker in queue.workers}
        yield _finding(situation, queue, holders, active)
        for worker in queue.workers:
            yield from unread_stacks(situation, worker)
    for holder in situation.worker_holders:
        if holder.process is not None and holder.process.pid not in told:
            yield from _standing_still(situation, holder, holder.process)


def _standing_still(situation: Situation, holder: Holder, worker: Process) -> Iterator[Finding]:
    """A loop that stood in one line in every sample while requests are in flight, though none came since."""
    thread = main_thread(worker, situation.snapshot)
    still = thread is not None and thread.steady and thread.in_loop and bool(thread.lines)
    if thread is None or not still or not worker.requests_in_flight or holder.in_state("active"):
        return
    place = stack_text(thread.lines[:DEPTH])
    held = len(holder.idle_in_transaction)
    in_flight = count(worker.requests_in_flight, "request is", "requests are")
    own_pool = thread.waits_for is Waiting.POOL
    for_what = (
        f": it waits there, without await, for a connection of its own pool, and the {held} that are out idle in transaction "
        "come back only when it goes on"
        if own_pool
        else ""
    )
    yield Finding(
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message=f"the event loop of {holder.name} stands still at {place} while {in_flight} in flight and no statement "
        f"runs{for_what}. It is not the database.",
        location=situation.here,
        evidence=(
            Evidence(
                label="requests in flight",
                value=worker.requests_in_flight,
                unit="requests",
                source="its accepted sockets",
            ),
            Evidence(label="idle in transaction", value=held, unit="sessions", source="pg_stat_activity"),
            Evidence(label=f"pid {worker.pid} stands in", value=place, source=_source(situation, worker.pid)),
        ),
        remedy=POOL_REMEDY if own_pool else TO_THREAD,
        sessions=tuple(one.pid for one in holder.sessions),
    )


def _finding(situation: Situation, queue: AcceptQueue, holders: list[Holder], active: int) -> Finding:
    lines = dict(_lines(situation, queue))
    names = ", ".join(holder.name for holder in holders)
    stands = f" at {next(iter(lines.values()))}" if lines else ""
    return Finding(
        severity=Severity.ERROR,
        confidence=_confidence(situation, queue, bool(lines)),
        message=f"{_waiting(queue.queued, queue.unread)} on port {queue.port}{queue.place} while "
        f"{names} {'runs' if len(holders) == 1 else 'run'} {active} statements: an event "
        f"loop is blocked{stands}. It is not the database.",
        location=situation.here,
        evidence=(
            Evidence(
                label="not accepted", value=queue.queued, unit="requests", source=f"accept queue of port {queue.port}"
            ),
            Evidence(label="not read", value=queue.unread, unit="requests", source="accepted sockets of the workers"),
            Evidence(label="active", value=active, unit="sessions", source="pg_stat_activity"),
            *(
                Evidence(
                    label=f"pid {worker.pid} stands in", value=lines[worker.pid], source=_source(situation, worker.pid)
                )
                for worker in queue.workers
                if worker.pid in lines
            ),
        ),
        remedy=TO_THREAD
        if lines
        else f"py-spy dump --pid {queue.workers[0].pid}   # names the line that blocks; then use asyncpg, or "
        "asyncio.to_thread() for what is synchronous",
        sessions=tuple(one.pid for holder in holders for one in holder.sessions),
    )


def _lines(situation: Situation, queue: AcceptQueue) -> Iterator[tuple[int, str]]:
    """By pid, where the loop of a worker stood in every sample."""
    for worker in queue.workers:
        thread = main_thread(worker, situation.snapshot)
        if thread is not None and thread.steady and thread.lines:
            yield worker.pid, stack_text(thread.lines[:DEPTH])


def _confidence(situation: Situation, queue: AcceptQueue, seen: bool) -> Confidence:
    threads = [main_thread(worker, situation.snapshot) for worker in queue.workers]
    if all(one is not None and one.idle for one in threads):
        return Confidence.LOW
    if queue.aged:
        return Confidence.HIGH if seen else Confidence.MEDIUM
    return Confidence.MEDIUM if seen else Confidence.LOW


def _source(situation: Situation, pid: int) -> str:
    stacks = next(one for one in situation.snapshot.stacks if one.pid == pid)
    return f"stack of its main thread, {stacks.samples} samples by {stacks.tool}"


def _waiting(queued: int, unread: int) -> str:
    told = [f"{count(queued, 'request waits', 'requests wait')} to be accepted"] if queued or not unread else []
    told += [f"{count(unread, 'accepted request lies', 'accepted requests lie')} unread"] if unread else []
    return " and ".join(told)
