"""The application's pools may open more connections than the server has slots.

Why:
    Each worker process has a pool of its own. Under load all of them grow to pool_size +
    max_overflow, and the last ones to grow are refused; during a deployment old and new workers
    stand side by side.

Measures (connections):
    workers x (pool_size + max_overflow) x replicas, plus the sessions of everybody else, against the
    usable slots (role and database limits included). Error where the running application exceeds
    them, warning where only a deployment would (x surge, 1.25 unless told); info where the sizes are
    assumed. Without a worker count it does not apply.

Wrong when:
    The sizes are SQLAlchemy's defaults and the application sets others, or its pool is no SQLAlchemy pool: then it is
    info at most, or does not apply. Looked at: --app or the flags; else the call that makes the engine in the workers'
    source. A number that is a setting's default there, set neither in a worker's environment nor in a .env file, is of
    medium confidence; engines of different sizes, or numbers that are computed, leave the defaults assumed.

Source:
    SQLAlchemy documentation, "Connection Pooling" (limits are per process); PostgreSQL
    documentation, "Connections and Authentication".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.capacity import Demand, Usable, recommend
from forge_doctor.pool.inference.holders import uses_sqlalchemy
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_server
from forge_doctor.pool.wording import count


@check(severity=Severity.ERROR)
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """The arithmetic; behind a pgbouncer `bouncer-exceeds-slots` does its own."""
    yield from unseen_server(situation)
    demand, usable = situation.demand, situation.usable
    if usable is None or situation.snapshot.bouncer is not None:
        return
    if demand is None or not all(uses_sqlalchemy(one) for one in situation.workers):
        return
    room = usable.slots - situation.others
    fault = _fault(demand, room)
    if fault is None:
        return
    severity, wanted = fault
    yield Finding(
        severity=Severity.INFO if situation.application.sizes_assumed else severity,
        confidence=situation.application.sizes_confidence,
        message=_message(demand, usable, situation.others, wanted),
        location=situation.here,
        evidence=_evidence(situation, usable),
        remedy=_remedy(situation, demand, usable),
    )


def _fault(demand: Demand, room: int) -> tuple[Severity, int | None] | None:
    """How bad, and the number that does not fit (None: unlimited); None where all fits."""
    if demand.connections is None or demand.surge_connections is None:
        return Severity.WARNING, None
    if demand.connections > room:
        return Severity.ERROR, demand.connections
    if demand.surge_connections > room:
        return Severity.WARNING, demand.surge_connections
    return None


def _message(demand: Demand, usable: Usable, others: int, wanted: int | None) -> str:
    slots = f"{usable.slots} usable slots, of which {others} are in use by others"
    if wanted is None:
        return (
            f"each of {count(demand.workers, 'worker')} may open an unlimited number of connections, against {slots}."
        )
    when = "" if wanted == demand.connections else " during a deployment"
    workers = demand.workers if wanted == demand.connections else demand.surge_workers
    return (
        f"the application may open {wanted} connections{when} ({count(workers, 'worker')} x {demand.per_worker}), against "
        f"{slots}: {wanted - (usable.slots - others)} too many. Under load the last ones are refused."
    )


def _evidence(situation: Situation, usable: Usable) -> tuple[Evidence, ...]:
    application = situation.application
    told = [
        Evidence(label="usable slots", value=usable.slots, unit="connections", source=usable.source),
        Evidence(label="held by others", value=situation.others, unit="connections", source="pg_stat_activity"),
    ]
    numbers = (
        ("workers", application.workers, "processes"),
        ("pool_size", application.pool_size, "connections"),
        ("max_overflow", application.max_overflow, "connections"),
        ("replicas", application.replicas, "replicas"),
    )
    for label, number, unit in numbers:
        if number is not None:
            told.append(Evidence(label=label, value=number.value, unit=unit, source=number.said))
    return tuple(told)


def _remedy(situation: Situation, demand: Demand, usable: Usable) -> str:
    sizing = recommend(usable.slots, situation.others, demand.surge_workers)
    if not sizing.fits:
        return (
            f"{sizing.formula}: too little for a pool in each worker. Run fewer workers, or put pgbouncer in front "
            "(default_pool_size about twice the server's cores)."
        )
    return (
        f"create_async_engine(url, pool_size={sizing.pool_size}, max_overflow={sizing.max_overflow})"
        f"   # at most {sizing.budget} per worker: {sizing.formula}"
    )
