"""What a worker's sessions and requests say together: one worker, one pool, one look; judges nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from forge_doctor.dataclass import dataclass
from forge_doctor.pool.inference.holders import Holder, is_checked_out
from forge_doctor.pool.inference.requests import counted_requests, early_enough, open_requests
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.inference.stack_lines import stacks_of
from forge_doctor.probes.application.call_stacks import Waiting
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.processes.poolers import POOLERS
from forge_doctor.probes.processes.workers import Process

MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One pool (role and database) of one worker, or of a pooler with the workers behind it.

    `idle` are its sessions idle in transaction, failed ones left out; `held` these and what asyncpg's pool has given
    out without a transaction. `requests` counts what is in flight in the
    whole worker, None where that cannot be counted; `streams` are those of them whose answer is still being sent.
    `elsewhere` is how many are seen to wait for something else than database and pool: calls to other services without an
    answer, or tasks, where the stacks were read. `at_pool` is how many tasks wait for the pool, None
    where no stacks were read.
    """

    holder: Holder
    pool: str
    sessions: tuple[Session, ...]
    idle: tuple[Session, ...]
    held: tuple[Session, ...]
    requests: int | None
    streams: int
    workers: tuple[Process, ...] = ()
    elsewhere: int = 0
    at_pool: int | None = None

    @property
    def name(self) -> str:
        """`worker pid 4211 (uvicorn shop:app)`, `worker pid 4211 through pid 77 (pgbouncer)`."""
        if self.holder.is_worker:
            return self.holder.name
        behind = [f"worker pid {one.pid}" for one in self.workers]
        return f"{', '.join(behind[:MOST_NAMED])} through {self.holder.name}"

    @property
    def active(self) -> int:
        """Sessions in which a statement runs."""
        return sum(one.state == "active" for one in self.sessions)

    @property
    def oldest_s(self) -> float:
        """How long the one that idles longest has idled."""
        return max((one.state_age_s or 0 for one in self.held), default=0.0)

    @property
    def youngest_s(self) -> float:
        """How long the last one to begin has idled."""
        return min((one.state_age_s or 0 for one in self.idle), default=0.0)

    @property
    def statements(self) -> int:
        """How many different statements they stopped after."""
        return len({one.statement for one in self.idle})

    @property
    def commonest(self) -> int:
        """How many stopped after the same one."""
        return max(Counter(one.statement for one in self.idle).values(), default=0)

    @property
    def may_hold(self) -> int | None:
        """How many of the sessions held the requests in flight came early enough to hold; None where they cannot be
        counted."""
        if self.requests is None:
            return None
        ages = tuple(age for one in self.workers for age in one.request_ages_s)
        # Of quiet connections, and in a snapshot of an older version, no age is told.
        told = ages + (None,) * (self.requests - len(ages))
        return early_enough([one.state_age_s or 0 for one in self.held], told)

    def waits_for_itself(self, least: float) -> bool:
        """Whether requests that hold one connection each wait for a second one of the same pool.

        All it has are idle in transaction since one moment, nothing runs, at least twice as many requests are in
        flight, and not as many of them are seen to wait for something else.
        """
        held = len(self.idle)
        since_one_moment = self.oldest_s - self.youngest_s <= max(1.0, 0.1 * self.youngest_s)
        whole = held == len(self.sessions) >= 2 and self.youngest_s >= least and not self._has_one_each
        if self.elsewhere >= held:
            return False
        return whole and since_one_moment and self.may_hold == held and (self.requests or 0) >= 2 * held

    @property
    def _has_one_each(self) -> bool:
        """Whether the workers have no more connections to their pooler than requests: then none waits for a second."""
        through = sum(len(one.pooler_sockets) for one in self.workers)
        return not self.holder.is_worker and through <= (self.requests or 0)

    def held_by_requests(self) -> bool:
        """Whether as many requests are in flight as sessions are held, each come before its session began to idle."""
        return bool(self.held) and self.may_hold == len(self.held)


def _idles(session: Session) -> bool:
    return session.idle_in_transaction and not session.aborted


def workloads(situation: Situation) -> Iterator[Workload]:
    """Every pool of every worker, the largest holder first; then those of poolers that workers here come through."""
    for holder in situation.worker_holders:
        if holder.process is not None:
            yield from _loads(holder, (holder.process,), situation)
    behind = tuple(one for one in situation.workers if one.pooler_sockets)
    for holder in situation.holders if behind else ():
        if holder.process is not None and holder.process.name in POOLERS:
            yield from _loads(holder, behind, situation)


def _loads(holder: Holder, workers: tuple[Process, ...], situation: Situation) -> Iterator[Workload]:
    counted = [counted_requests(one) for one in workers]
    known = [one for one in counted if one is not None]
    tasks = _tasks(workers, situation)
    for pool, sessions in holder.pools():
        yield Workload(
            holder=holder,
            pool=pool,
            sessions=sessions,
            idle=tuple(one for one in sessions if _idles(one)),
            held=tuple(one for one in sessions if _idles(one) or is_checked_out(one, holder.process)),
            requests=sum(known) if len(known) == len(counted) else None,
            streams=sum(open_requests(one) - one.requests_in_flight for one in workers),
            workers=workers,
            elsewhere=max(sum(one.calls_out for one in workers), tasks[Waiting.OTHER] if tasks else 0),
            at_pool=None if tasks is None else tasks[Waiting.POOL],
        )


def _tasks(workers: tuple[Process, ...], situation: Situation) -> Counter[Waiting] | None:
    """How many tasks in the application's code wait for what; None where those of a worker were not read."""
    stacks = [stacks_of(one, situation.snapshot) for one in workers]
    read = [one.tasks for one in stacks if one is not None and one.tasks is not None]
    return (
        Counter(task.waits_for for tasks in read for task in tasks if task.lines) if len(read) == len(workers) else None
    )
