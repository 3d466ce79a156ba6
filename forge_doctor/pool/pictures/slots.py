"""What is held, may be opened and is advised, against the slots there are."""

from __future__ import annotations

from forge_doctor.finding import counted
from forge_doctor.picture import Capacity, Part, Sum, Tone
from forge_doctor.pool.inference.capacity import Sizing
from forge_doctor.pool.inference.holders import uses_sqlalchemy
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.pictures.tones import tone_of


def slots(situation: Situation, sizing: Sizing | None) -> Capacity | None:
    """What is held, what may be opened, and what is advised, against the slots; None where any is unknown or unlimited."""
    usable, demand, application = situation.usable, situation.demand, situation.application
    if usable is None or demand is None or not all(uses_sqlalchemy(one) for one in situation.workers):
        return None
    others = Part(label="others", value=situation.others)
    own = [one for one in situation.sessions if situation.is_application(one)]
    by_tone = {tone: sum(tone_of(one) is tone for one in own) for tone in Tone}
    words = {Tone.BUSY: "working", Tone.WAITING: "waiting for a lock", Tone.HOLDING: "idle in transaction"}
    words |= {Tone.BROKEN: "aborted", Tone.CALM: "idle"}
    held_now = tuple(Part(label=words[tone], value=by_tone[tone], tone=tone) for tone in words if by_tone[tone])
    sums = [Sum(label="held now", parts=(others, *held_now), source="pg_stat_activity")]
    if demand.connections is not None:
        size, overflow = application.pool_size.value, max(0, application.max_overflow.value)
        sums.append(
            _told("may be opened", others, demand.workers, size, overflow, "workers x (pool_size + max_overflow)")
        )
    if sizing is not None and sizing.fits:
        advised = "at most advised" if sizing.upper_bound_only else "advised"
        sums.append(_told(advised, others, sizing.workers, sizing.pool_size, sizing.max_overflow, sizing.formula))
    return Capacity(
        title="What fits into the slots",
        unit="connections",
        limit=usable.slots,
        limit_label="usable slots",
        sums=tuple(sums),
        note=f"The limit: {usable.source}.",
    )


def _told(label: str, others: Part, workers: int, size: int, overflow: int, source: str) -> Sum:
    pooled = Part(label="pool_size of every worker", value=size * workers, tone=Tone.BUSY)
    more = Part(label="max_overflow of every worker", value=overflow * workers, tone=Tone.WAITING)
    told = f"{counted(workers, 'worker')}, pool_size {size}, max_overflow {overflow}: {source}"
    return Sum(label=label, parts=(others, pooled, more), source=told)
