"""Statements that end a session or what it runs, as a person will type them: each carries the condition it is right for.

A pid alone may by now be another session's, and a session seen in trouble may have recovered, and be in another one: every
statement asks the server again and does nothing where the trouble is gone. Where the server's time of the look is known
(`seen_at`), it must have lasted since then: what began later is another transaction, statement or session.
"""

from __future__ import annotations

from collections.abc import Iterable

from forge_doctor.sql.quoting import quote_literal

BLOCKS = "EXISTS (SELECT FROM pg_stat_activity AS w WHERE a.pid = ANY (pg_blocking_pids(w.pid)))"
WAITS = "cardinality(pg_blocking_pids(a.pid)) > 0"
ADVISORY = "EXISTS (SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted)"


def terminate(pids: Iterable[int], *conditions: str) -> str:
    """Ends these sessions, and rolls back what they had open, where every condition (on `a`) still holds."""
    return _signal("pg_terminate_backend", pids, conditions)


def cancel(pids: Iterable[int], *conditions: str) -> str:
    """Ends the running statement of these sessions where every condition (on `a`) still holds."""
    return _signal("pg_cancel_backend", pids, conditions)


def idle_for(seconds: float, state: str = "idle in transaction", seen_at: str = "") -> str:
    """Still in that state, and for so long."""
    return f"a.state = {quote_literal(state)} AND {_since('state_change', seconds, seen_at)}"


def running_for(seconds: float, seen_at: str = "") -> str:
    """Still in the same statement."""
    return f"a.state = 'active' AND {_since('query_start', seconds, seen_at)}"


def unfed(seconds: float, seen_at: str = "") -> str:
    """The same while it waits for what its client does not send: there the server looks at no cancel."""
    return f"{running_for(seconds, seen_at)} AND a.wait_event = 'ClientRead'"


def open_for(seconds: float, seen_at: str = "") -> str:
    """Still in the same transaction."""
    return _since("xact_start", seconds, seen_at)


def unchanged(seen_at: str) -> tuple[str, ...]:
    """In the state it was seen in ever since; nothing where it is not known when that was."""
    return (f"a.state_change < {quote_literal(seen_at)}",) if seen_at else ()


def waits(seen_at: str = "") -> str:
    """Still waiting for a lock, in the same statement."""
    return f"{WAITS} AND {running_for(0, seen_at)}" if seen_at else WAITS


def idles(seen_at: str = "") -> str:
    """Still outside any transaction."""
    return idle_for(0, "idle", seen_at) if seen_at else "a.state = 'idle'"


def _since(moment: str, seconds: float, seen_at: str) -> str:
    if seen_at:
        return f"a.{moment} < {quote_literal(seen_at)}"
    return f"a.{moment} < now() - interval '{max(0, int(seconds))} seconds'"


def _signal(function: str, pids: Iterable[int], conditions: Iterable[str]) -> str:
    numbers = ", ".join(str(pid) for pid in pids)
    asked = "".join(f" AND {condition}" for condition in conditions)
    # Pids are numbers, conditions are ours; what is of others in them has gone through sql/quoting.
    return f"SELECT a.pid, {function}(a.pid) FROM pg_stat_activity AS a WHERE a.pid IN ({numbers}){asked};"  # noqa: S608
