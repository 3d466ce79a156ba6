"""What several looks at one server show together and one cannot; takes no look and judges nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from forge_doctor.pool.snapshot import Looks, PoolSnapshot
from forge_doctor.probes.postgres.backends.session import Session

# Both ages of a session are by the server's clock, read one after the other for each row.
SAME_MOMENT_S = 0.05

Sessions = Mapping[int, Session]  # by pid


def compare(taken: Sequence[PoolSnapshot], window_s: float) -> Looks:
    """Connections opened and transactions that never ended in the `window_s` seconds from the first look to the last.

    Connections that came and went between two looks are in pg_stat_database.sessions (14+).
    """
    first, last = taken[0], taken[-1]
    # A look the server refused shows no sessions, and says nothing of them.
    sessions = [{session.pid: session for session in look.sessions} for look in taken if look.server]
    counted = [look.server.counters.sessions for look in (first, last) if look.server and look.server.counters]
    by_counter = (counted[1] or 0) - (counted[0] or 0) if len(counted) == len((first, last)) else 0
    in_use = [sum(1 for one in look.sessions if one.state not in ("idle", None)) for look in taken if look.server]
    return Looks(
        window_s=window_s,
        opened=max(len(_opened(sessions)), by_counter),
        persisting=_persisting(sessions),
        in_use=sum(in_use) / len(in_use) if in_use else None,
        idle_in_transaction_ratio=_idle_in_transaction(sessions),
    )


def _idle_in_transaction(looks: Sequence[Sessions]) -> float | None:
    """Of the sessions of all looks."""
    seen = [session for look in looks for session in look.values()]
    return sum(one.idle_in_transaction for one in seen) / len(seen) if seen else None


def _opened(looks: Sequence[Sessions]) -> frozenset[int]:
    """The pids a look shows and the one before did not, or as those of an older connection."""
    return frozenset(
        pid
        for before, after in pairwise(looks)
        for pid, session in after.items()
        if pid not in before or (session.backend_age_s or 0) < (before[pid].backend_age_s or 0)
    )


def _persisting(looks: Sequence[Sessions]) -> tuple[int, ...]:
    """The pids of one and the same transaction from look to look, two at least."""
    last = looks[-1] if len(looks) > 1 else {}
    return tuple(sorted(pid for pid in last if _stayed_idle([look.get(pid) for look in looks])))


def _stayed_idle(seen: Sequence[Session | None]) -> bool:
    """Whether every look found the session idle in one and the same transaction, not aborted.

    It is the same where the session began to idle at one moment of its life: whatever ran in between moves
    that moment. The time between the looks needs no measuring, which on a busy machine would be inexact.
    """
    if not all(one is not None and one.idle_in_transaction and not one.aborted for one in seen):
        return False
    moments = [(one.backend_age_s or 0) - (one.state_age_s or 0) for one in seen if one is not None]
    return max(moments) - min(moments) < SAME_MOMENT_S
