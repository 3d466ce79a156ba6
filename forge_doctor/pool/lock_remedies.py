"""What to say of a lock queue and what to type, by what its root is; asks nothing and ends nothing itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.wording import count, duration
from forge_doctor.probes.postgres.backends.lock_queues import Pileup, Root, lock_name
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.postgres.backends.signals import (
    ADVISORY,
    BLOCKS,
    cancel,
    idle_for,
    idles,
    running_for,
    terminate,
    unfed,
    waits,
)
from forge_doctor.sql.commands import changes_schema, command_of, concurrent_form

# A statement seen for so long less is still the same one when the remedy is typed.
GRACE_S = 1
PROGRESS = (
    "SELECT * FROM pg_stat_progress_vacuum WHERE pid = {pid};   "
    "-- let it finish: ended, it begins anew at once, and its work must be done before ids run out"
)
NOT_CANCELLED = "   -- pg_cancel_backend frees nobody: it is seen when the client sends again"
WHO = "SELECT pid, backend_type, state, query FROM pg_stat_activity WHERE pid = {pid};   -- as a role that may see it"
LOCK_TIMEOUT = "SET lock_timeout = '3s';   -- in the migration's own session, before it: it then gives up instead of stopping everybody"
_OF_AN_INDEX = "outside a transaction, not for a partitioned table: reads and writes go on; one that fails leaves an INVALID index to drop"
_CONDITIONS = {
    "DROP": "outside a transaction, not for an index of a constraint or of a partitioned table",
    "REFRESH": "where the view has a unique index of plain columns and has been filled once: reads go on",
}


def root_message(situation: Situation, pileup: Pileup) -> str:
    """Who the root is, what it does and what it holds."""
    root = pileup.root
    if pileup.kind is Root.PREPARED:
        return "a prepared transaction holds locks that outlive every session"
    if root is None:
        return f"pid {pileup.root_pid} holds the lock (a background process, or it has ended meanwhile)"
    held = f" It holds {lock_name(pileup.held[0])}" if pileup.held else ""
    return f"pid {root.pid} ({_name(situation, root)}) {_doing(pileup, root)}{f'.{held}' if held else ''}"


def choke_message(situation: Situation, pileup: Pileup) -> str:
    """Who in the queue keeps those back that the root itself does not."""
    if not pileup.chokes:
        return ""
    first = pileup.chokes[0]
    lock = pileup.wanted.get(first.pid)
    wants = f" for {lock_name(lock)}" if lock else ""
    return (
        f" {count(len(pileup.freed), 'of them waits', 'of them wait')} only because pid {first.pid} "
        f"({_name(situation, first)}, {command_of(first.statement) or 'a statement'}) waits ahead{wants}: "
        "without it they run beside the root."
    )


def waited_for(pileup: Pileup) -> str:
    """`8 AccessShareLock on orders, 1 AccessExclusiveLock on orders`."""
    names = Counter(lock_name(lock) for lock in pileup.wanted.values())
    return ", ".join(f"{number} {name}" for name, number in names.most_common(4))


def lock_remedy(pileup: Pileup, seen_at: str = "") -> str:
    """What to type, the mildest that frees them first; `seen_at` is the server's time of the look."""
    lines = []
    changes = [one for one in pileup.blocked if changes_schema(one.statement) and pileup.root_pid in one.blocked_by]
    openers = pileup.chokes or (tuple(changes) if pileup.kind in (Root.WRAPAROUND, Root.DUMP) else ())
    if openers:
        lines.append(
            cancel((one.pid for one in openers), waits(seen_at)) + "   -- the queue drains at once; run it again later"
        )
        if any(changes_schema(one.statement) for one in openers):
            lines.append(LOCK_TIMEOUT)
    builders = (*openers, *((pileup.root,) if pileup.kind is Root.SCHEMA_CHANGE and pileup.root else ()))
    return "\n".join((*lines, *_of_the_root(pileup, bool(openers), seen_at), *_beside_others(builders)))


def _beside_others(builders: Iterable[Session]) -> Iterator[str]:
    """The form of the same command that lets others work meanwhile."""
    for form in dict.fromkeys(concurrent_form(one.statement) for one in builders):
        if form:
            yield f"{form} ...;   -- in its place, {_CONDITIONS.get(form.split()[0], _OF_AN_INDEX)}"


def _of_the_root(pileup: Pileup, opened: bool, seen_at: str) -> tuple[str, ...]:
    root, pid = pileup.root, pileup.root_pid
    otherwise = "-- if that is not enough: " if opened else ""
    if pileup.kind is Root.PREPARED:
        return (
            "SELECT gid, prepared FROM pg_prepared_xacts ORDER BY prepared;   -- then ROLLBACK PREPARED the one left behind",
        )
    if pileup.kind is Root.WRAPAROUND:
        return (PROGRESS.format(pid=pid),)
    if pileup.kind is Root.VACUUM:
        return ("-- an autovacuum gives way by itself after deadlock_timeout (1s); look again",)
    if root is None or root.hidden:
        return (WHO.format(pid=pid),)
    if pileup.kind is Root.IDLE_IN_TRANSACTION:
        return (otherwise + terminate((pid,), idle_for(_still(root.state_age_s), root.state or "", seen_at), BLOCKS),)
    if pileup.kind is Root.IDLE:
        advisory = any(lock.kind == "advisory" for lock in pileup.held)
        lasting = (ADVISORY, BLOCKS) if advisory else (BLOCKS,)
        return (
            terminate((pid,), idles(seen_at), *lasting) + "   -- pg_cancel_backend frees nobody: no statement runs",
            *(
                ("SELECT pg_advisory_xact_lock(...);   -- in the code instead: ends with its transaction",)
                if advisory
                else ()
            ),
        )
    if pileup.kind is Root.UNFED:
        ended = terminate((pid,), unfed(_still(root.query_age_s), seen_at), BLOCKS)
        return (otherwise + ended + NOT_CANCELLED,)
    if pileup.kind is Root.DUMP:
        return (
            f"-- last, since it ends the backup: {cancel((pid,), running_for(_still(root.query_age_s), seen_at), BLOCKS)}",
        )
    return (
        otherwise
        + cancel((pid,), running_for(_still(root.query_age_s), seen_at), BLOCKS)
        + "   -- the statement only; pg_terminate_backend if it stays",
    )


def _still(age_s: float | None) -> float:
    return max(0.0, (age_s or 0.0) - GRACE_S)


def _name(situation: Situation, session: Session) -> str:
    """The holder, and the application's name where the holder's does not say it."""
    if session.backend_type == "autovacuum worker":
        return session.statement
    holder = situation.holder_of(session)
    name = session.application_name
    return holder if not name or name in holder else f"{holder}, {name}"


def _doing(pileup: Pileup, root: Session) -> str:
    if root.hidden:
        return "holds the lock; what it does is hidden from this role"
    if pileup.kind is Root.WRAPAROUND:
        return "is a vacuum that prevents transaction id wraparound and does not give way"
    if pileup.kind is Root.VACUUM:
        return "is an autovacuum"
    if pileup.kind is Root.IDLE_IN_TRANSACTION:
        return (
            f"has been idle in transaction for {duration(root.state_age_s)}, open for {duration(root.xact_age_s)}: "
            "nothing will release its locks until it ends"
        )
    if pileup.kind is Root.IDLE:
        lasting = "a lock of the session, which survives COMMIT and the return to a pool"
        return f"has been idle, outside any transaction, for {duration(root.state_age_s)}, and holds {lasting}"
    what = command_of(root.statement)
    if pileup.kind is Root.UNFED:
        return f"has been in {what or 'a statement'} for {duration(root.query_age_s)} and waits for its client to send more"
    return f"has been running {what or 'a statement'} for {duration(root.query_age_s)}"
