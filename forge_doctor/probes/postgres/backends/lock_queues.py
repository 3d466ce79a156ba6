"""Who blocks whom: every root blocker with all that wait behind it, and where the queue can be opened; judges none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum

from forge_doctor.dataclass import dataclass
from forge_doctor.probes.postgres.backends.session import Lock, Session
from forge_doctor.sql.commands import changes_schema

OF_A_ROW = ("tuple", "transactionid")
# A root that holds its lock for so long holds it up; one that ends before only took its turn.
TURN_S = 2.0
DUMPS = ("pg_dump", "pg_dumpall", "pg_basebackup")


class Root(StrEnum):
    """What holds the lock; it decides what may be done about it."""

    PREPARED = "prepared"  # a two-phase transaction, no session
    WRAPAROUND = "wraparound"  # a vacuum that must run
    VACUUM = "vacuum"  # an autovacuum that gives way by itself
    IDLE_IN_TRANSACTION = "idle in transaction"
    IDLE = "idle"  # a lock of the session, which outlives its transactions
    UNFED = "waits for its client"  # active all the same: a COPY whose rows do not come
    DUMP = "dump"
    SCHEMA_CHANGE = "schema change"
    STATEMENT = "statement"
    UNKNOWN = "unknown"  # hidden from this role, or gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Pileup:
    """A session (or a prepared transaction, `root` None) that waits for nobody, and those it blocks,
    directly or through others. `wanted` is what each of them waits for, by pid; `held` what the root has of it."""

    root_pid: int
    root: Session | None
    blocked: tuple[Session, ...]
    wanted: Mapping[int, Lock]
    held: tuple[Lock, ...] = ()

    @property
    def longest_wait_s(self) -> float:
        """Of the blocked ones, seconds."""
        return max((self.waited_s(session) for session in self.blocked), default=0.0)

    def waited_s(self, session: Session) -> float:
        """Seconds a blocked session has waited.

        pg_locks.waitstart (14+) begins anew each time a queue for a row moves on. Behind a root that
        sits idle, which has taken no lock since, the wait is as long as both the statement runs and
        the root sits; before 14 there is only the statement's age, an upper bound.
        """
        running_s = session.query_age_s or 0.0
        if session.lock_wait_s is None:
            return running_s
        if self.root is not None and self.root.idle_in_transaction:
            return max(session.lock_wait_s, min(running_s, self.root.state_age_s or 0.0))
        return session.lock_wait_s

    @property
    def freed(self) -> tuple[Session, ...]:
        """Those who do not wait for the root itself, only for others in its queue: they would run beside it.

        Not so those who queue for a row: the next in line waits for the root in turn.
        """
        return tuple(
            one
            for one in self.blocked
            if self.root_pid not in one.blocked_by
            and (lock := self.wanted.get(one.pid)) is not None
            and lock.kind not in OF_A_ROW
        )

    @property
    def chokes(self) -> tuple[Session, ...]:
        """The waiters whose end lets the freed ones run: a schema change that waits, those most wait for first."""
        behind = Counter(pid for one in self.freed for pid in one.blocked_by)
        found = [one for one in self.blocked if behind[one.pid] and self.root_pid in one.blocked_by]
        return tuple(sorted(found, key=lambda one: (-behind[one.pid], one.pid)))

    @property
    def kind(self) -> Root:
        """What the root is."""
        if self.root_pid == 0:
            return Root.PREPARED
        root = self.root
        if root is None or root.hidden:
            return Root.UNKNOWN
        if root.backend_type == "autovacuum worker":
            return Root.WRAPAROUND if "to prevent wraparound" in root.statement else Root.VACUUM
        if root.idle_in_transaction:
            return Root.IDLE_IN_TRANSACTION
        if root.state == "idle":
            return Root.IDLE
        if root.application_name.startswith(DUMPS):
            return Root.DUMP
        if root.waits_for_client:
            return Root.UNFED
        return Root.SCHEMA_CHANGE if changes_schema(root.statement) else Root.STATEMENT


def pileups(backends: Iterable[Session], locks: Iterable[Lock]) -> tuple[Pileup, ...]:
    """Every root blocker with all it blocks, the largest first.

    pg_blocking_pids() names the sessions ahead in the queue as well as the lock's owner, so a
    root is a blocker that is not blocked itself.
    """
    by_pid = {one.pid: one for one in backends}
    waiting = {one.pid: one.blocked_by for one in by_pid.values() if one.blocked_by}
    known = tuple(locks)
    found = (
        _pileup(root, by_pid.get(root), [by_pid[pid] for pid in sorted(pids)], known)
        for root, pids in blocked_by_root(waiting).items()
    )
    return tuple(sorted(found, key=lambda pileup: (-len(pileup.blocked), pileup.root_pid)))


def unsettled_s(backends: Iterable[Session], locks: Iterable[Lock]) -> float:
    """Seconds after which a queue that has just moved on tells whether its new root holds it up; 0 where none did.

    Who waits for a row begins to wait anew for each owner: of a statement that is older than that wait, one look cannot
    tell whether it stood in the queue or ran.
    """
    return max((_unsettled_s(one) for one in pileups(backends, locks)), default=0.0)


def _unsettled_s(pileup: Pileup) -> float:
    root = pileup.root
    passing = (Root.IDLE_IN_TRANSACTION, Root.UNFED, Root.STATEMENT)
    if root is None or pileup.longest_wait_s >= TURN_S or pileup.kind not in passing:
        return 0.0
    is_old = any((one.query_age_s or 0.0) >= TURN_S for one in pileup.blocked)
    return TURN_S - pileup.longest_wait_s + 0.2 if is_old else 0.0


def _pileup(root_pid: int, root: Session | None, blocked: list[Session], locks: tuple[Lock, ...]) -> Pileup:
    pids = {one.pid for one in blocked}
    wanted = {lock.pid: lock for lock in locks if lock.pid in pids and not lock.granted}
    # A waiter for a row waits for its owner's transaction; the table is that of the tuple it has in hand.
    tuples = {lock.pid: lock for lock in locks if lock.granted and lock.kind == "tuple"}
    wanted |= {pid: tuples[pid] for pid, lock in wanted.items() if lock.relation is None and pid in tuples}
    things = {(lock.kind, lock.relation, lock.key) for lock in wanted.values()}
    owner = None if root_pid == 0 else root_pid
    return Pileup(
        root_pid=root_pid,
        root=root,
        blocked=tuple(blocked),
        wanted={pid: lock for pid, lock in wanted.items() if pid is not None},
        held=tuple(
            lock
            for lock in locks
            if lock.pid == owner and lock.granted and (lock.kind, lock.relation, lock.key) in things
        ),
    )


def blocked_by_root(waiting: Mapping[int, tuple[int, ...]]) -> Mapping[int, frozenset[int]]:
    """Everybody behind each blocker that waits for nobody; a deadlock has no such root.

    Walks from the roots outwards, so that a pile-up of n costs its n * n / 2 edges once.
    """
    behind: defaultdict[int, list[int]] = defaultdict(list)
    for pid, blockers in waiting.items():
        for blocker in blockers:
            behind[blocker].append(pid)
    blocked: dict[int, frozenset[int]] = {}
    for root in behind.keys() - waiting.keys():
        seen: set[int] = set()
        pending = list(behind[root])
        while pending:
            pid = pending.pop()
            if pid not in seen:
                seen.add(pid)
                pending += behind.get(pid, ())
        blocked[root] = frozenset(seen)
    return blocked


def lock_name(lock: Lock) -> str:
    """`AccessExclusiveLock on orders`, `advisory lock 4711`, `a row of orders`, `another transaction`."""
    if lock.kind == "advisory":
        return f"advisory lock {lock.key}"
    if lock.kind == "tuple":
        return f"a row of {lock.relation}" if lock.relation else "a row"
    if lock.kind == "transactionid":
        return "a row another transaction has changed"
    if lock.kind == "virtualxid":
        return "the end of an older transaction"
    return f"{lock.mode} on {lock.relation or 'a ' + lock.kind}"
