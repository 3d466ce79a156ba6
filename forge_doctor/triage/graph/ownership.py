"""Which clues are of this case: a server has other databases, and a host other applications; judges nothing."""

from __future__ import annotations

from collections.abc import Iterable

from forge_doctor.pool.inference.accept_queues import accept_queues
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.triage.facts import Facts
from forge_doctor.triage.graph.clues import Clue

# All databases of a server share its slots: who holds them may be anybody.
SLOTS = frozenset({"no-slot-left", "headroom-low", "slots-reserved", "too-many-clients"})


def of_this_case(clues: Iterable[Clue], facts: Facts, situation: Situation | None) -> tuple[Clue, ...]:
    """The clues without those whose sessions are all somebody else's; with them where the server's slots ran out."""
    told = tuple(clues)
    if situation is None:
        return told
    told = tuple(one for one in told if one.check != "event-loop-blocked" or _own_loops(facts, situation))
    if any(one.says & SLOTS for one in told):
        return told
    own = {one.pid for one in situation.sessions if _is_own(one, facts, situation)}
    own |= {one.pid for one in situation.snapshot.background}
    return tuple(one for one in told if one.part != "pool" or not one.sessions or one.sessions & own)


def _own_loops(facts: Facts, situation: Situation) -> bool:
    """Whether requests wait for a worker of this case: a blocked loop of another application is its own affair."""
    pids = {pid for one in facts.case.applications for pid in one.pids}
    waited = (one for one in accept_queues(situation.workers) if one.queued or one.unread)
    return not pids or any(worker.pid in pids for queue in waited for worker in queue.workers)


def _is_own(session: Session, facts: Facts, situation: Situation) -> bool:
    """Of the case's database, or held by a process of its applications."""
    database = facts.case.target.database if facts.case.target is not None else ""
    process = situation.process_of(session)
    pids = {pid for one in facts.case.applications for pid in one.pids}
    if process is not None and process.pid in pids:
        return True
    return not database or not session.database or session.database == database
