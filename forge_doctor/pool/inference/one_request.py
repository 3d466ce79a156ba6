"""Whether what holds a lock and what waits for it are two sessions of one request; the server sees no deadlock there."""

from __future__ import annotations

from forge_doctor.pool.inference.requests import SLACK_S, counted_requests
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.probes.postgres.backends.lock_queues import Pileup
from forge_doctor.probes.processes.workers import Process


def waiting_for_itself(situation: Situation, pileup: Pileup) -> Process | None:
    """The worker in which no requests are in flight but those that wait behind its own idle transaction, one of them
    come before that began: whoever opened it is still there, and waits.

    After a leak the requests that wait came later than what they wait for.
    """
    root = pileup.root
    process = situation.process_of(root) if root is not None and root.idle_in_transaction else None
    if root is None or process is None or root.xact_age_s is None:
        return None
    own = [one for one in pileup.blocked if situation.process_of(one) == process and one.database == root.database]
    ages = [age for age in process.request_ages_s if age is not None]
    came_before = bool(ages) and max(ages) >= root.xact_age_s - SLACK_S
    return process if own and came_before and counted_requests(process) == len(own) else None
