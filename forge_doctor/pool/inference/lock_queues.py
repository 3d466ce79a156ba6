"""Who blocks whom: every root blocker with all that wait behind it; judges none of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from forge_doctor.pool.snapshot import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Pileup:
    """A session (or a prepared transaction, `root` None) that waits for nobody, and those it blocks,
    directly or through others."""

    root_pid: int
    root: Session | None
    blocked: tuple[Session, ...]

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
