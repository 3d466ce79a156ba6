"""What a pending operation will cost: the table it meets, the lock it takes, the work it does under it; an estimate.

The time is a range from the table's size: hardware, cache and load decide where in it. Nothing was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from forge_doctor.dataclass import dataclass
from forge_doctor.migrations.history import Step
from forge_doctor.migrations.live.placement import Placement
from forge_doctor.migrations.live.snapshot import LiveSnapshot, TableSize
from forge_doctor.migrations.locks.effect import Effect
from forge_doctor.migrations.operations.operation import RenameTable

MEGABYTE = 1 << 20


class Work(StrEnum):
    """What takes time that grows with a table."""

    REWRITE = "rewrites"
    BUILD = "builds an index on"
    SCAN = "scans"


# Bytes a second, slow and fast: from a small disk under load to a table in memory.
RATES: Mapping[Work, tuple[int, int]] = {
    Work.REWRITE: (20 * MEGABYTE, 200 * MEGABYTE),
    Work.BUILD: (20 * MEGABYTE, 200 * MEGABYTE),
    Work.SCAN: (100 * MEGABYTE, 2000 * MEGABYTE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One operation of one pending revision on a table that is there now.

    `mode` is the strongest lock, `stops` who waits for it; `low_s` and `high_s` are the range of its time, in seconds.
    """

    step: Step
    table: TableSize
    mode: str
    stops_reads: bool
    stops_writes: bool
    work: Work | None
    low_s: float
    high_s: float

    @property
    def stops(self) -> str:
        """Who waits."""
        if self.stops_reads:
            return "reads and writes"
        return "writes" if self.stops_writes else "nobody"


def costs(snapshot: LiveSnapshot, placement: Placement) -> Iterator[Cost]:
    """Of every pending operation that locks or works through a table of the database."""
    sizes = {one.label: one for one in snapshot.tables}
    names: dict[str, str] = {}  # what a pending rename will have called it -> what it is called now
    new: set[str] = set()
    for change in placement.pending:
        for step in change.steps:
            yield from _costs_of(step, sizes, names, new)
            if isinstance(step.operation, RenameTable):
                names[step.operation.new_name] = names.pop(step.operation.table, step.operation.table)
        new |= {one.name for one in change.after.tables.values() if one.since == change.revision.id}


def _costs_of(step: Step, sizes: Mapping[str, TableSize], names: Mapping[str, str], new: set[str]) -> Iterator[Cost]:
    effect = step.effect
    for name in dict.fromkeys(
        (*(lock.table for lock in effect.locks), *effect.rewrites, *effect.scans, *effect.builds)
    ):
        table = _size(names.get(name, name), sizes)
        if table is None or (name in new and name not in names):
            continue
        work = _work(effect, name)
        low_s, high_s = _range(table, work)
        locks = [lock for lock in effect.locks if lock.table == name]
        yield Cost(
            step=step,
            table=table,
            mode=locks[0].mode if locks else "",
            stops_reads=any(lock.stops_reads for lock in locks),
            stops_writes=any(lock.stops_writes for lock in locks),
            work=work,
            low_s=low_s,
            high_s=high_s,
        )


def _size(name: str, sizes: Mapping[str, TableSize]) -> TableSize | None:
    """The table of that name; without a schema the only one of any."""
    if name in sizes or "." in name:
        return sizes.get(name)
    found = [one for one in sizes.values() if one.name == name]
    return found[0] if len(found) == 1 else None


def _work(effect: Effect, name: str) -> Work | None:
    if name in effect.rewrites:
        return Work.REWRITE
    if name in effect.builds:
        return Work.BUILD
    return Work.SCAN if name in effect.scans else None


def _range(table: TableSize, work: Work | None) -> tuple[float, float]:
    if work is None:
        return 0.0, 0.0
    size = table.size_bytes + (table.indexes_bytes if work is Work.REWRITE else 0)
    slow, fast = RATES[work]
    return size / fast, size / slow
