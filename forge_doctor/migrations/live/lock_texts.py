"""What to say of the session at the root of a queue, and what to type about it; ends nothing itself."""

from __future__ import annotations

from forge_doctor.migrations.live.wording import duration
from forge_doctor.probes.postgres.backends.lock_queues import Pileup, Root, lock_name
from forge_doctor.probes.postgres.backends.signals import BLOCKS, cancel, idle_for, idles, running_for, terminate, unfed
from forge_doctor.sql.commands import command_of

PREPARED = (
    "SELECT gid, prepared FROM pg_prepared_xacts ORDER BY prepared;   -- then ROLLBACK PREPARED the one left behind"
)
WHO = "SELECT pid, backend_type, state, query FROM pg_stat_activity WHERE pid = {pid};   -- as a role that may see it"
GRACE_S = 1.0


def root_told(pileup: Pileup) -> str:
    """`pid 7 (reports) has been idle in transaction for 5 min and holds AccessShareLock on orders`."""
    root = pileup.root
    if pileup.kind is Root.PREPARED:
        return "a prepared transaction holds the lock, which outlives every session"
    if root is None or root.hidden:
        return f"pid {pileup.root_pid} holds the lock; what it does is hidden from this role"
    held = f" and holds {lock_name(pileup.held[0])}" if pileup.held else ""
    who = f"pid {root.pid} ({root.application_name or root.user})"
    if root.idle_in_transaction:
        return f"{who} has been idle in transaction for {duration(root.state_age_s or 0.0)}{held}"
    if root.state == "idle":
        return f"{who} is idle outside any transaction{held}, a lock of the session"
    return f"{who} has run {command_of(root.statement) or 'a statement'} for {duration(root.query_age_s or 0.0)}{held}"


def root_remedy(pileup: Pileup, seen_at: str = "") -> str:
    """The mildest statement that ends the root, under the condition that it still is one."""
    root, pid = pileup.root, pileup.root_pid
    if pileup.kind is Root.PREPARED:
        return PREPARED
    if root is None or root.hidden:
        return WHO.format(pid=pid)
    if pileup.kind is Root.WRAPAROUND:
        return "-- a vacuum that prevents transaction id wraparound: let it finish, and migrate afterwards"
    if pileup.kind is Root.VACUUM:
        return "-- an autovacuum gives way by itself after deadlock_timeout (1s); look again"
    if root.idle_in_transaction:
        return terminate((pid,), idle_for((root.state_age_s or 0.0) - GRACE_S, root.state or "", seen_at), BLOCKS)
    if root.state == "idle":
        return terminate((pid,), idles(seen_at), BLOCKS)
    if pileup.kind is Root.UNFED:
        return terminate((pid,), unfed((root.query_age_s or 0.0) - GRACE_S, seen_at), BLOCKS)
    if pileup.kind is Root.DUMP:
        return f"-- a backup; last: {cancel((pid,), running_for((root.query_age_s or 0.0) - GRACE_S, seen_at), BLOCKS)}"
    return cancel((pid,), running_for((root.query_age_s or 0.0) - GRACE_S, seen_at), BLOCKS)
