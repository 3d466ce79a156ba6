"""Joins problems in time: what came first, and which problem another log gives the reason of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from forge_doctor.dataclass import dataclass
from forge_doctor.logs.problems.group import Group
from forge_doctor.logs.problems.histogram import Histogram
from forge_doctor.logs.signature import Signature
from forge_doctor.streams.times.clock import iso

SOON_S = 30.0
"""A reason stands at most so long before what follows from it."""
SOON_BYTES = 1 << 16
"""The same in a log without times."""
START_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Another problem, or a start or stop, that explains some of a problem's events."""

    signature: str
    text: str
    explained: int


def find_causes(group: Group, groups: Iterable[Group], known: Mapping[str, Signature]) -> tuple[Cause, ...]:
    """The problems that explain this one, best first."""
    signature = known.get(group.signature)
    if signature is None or not signature.explained_by:
        return ()
    found = []
    for other in groups:
        if other is group or other.signature not in signature.explained_by:
            continue
        explained = _explained(group, other)
        if explained:
            found.append(
                Cause(signature=other.signature, text=_told(other, explained, group.count), explained=explained)
            )
    return tuple(sorted(found, key=lambda cause: (-cause.explained, signature.explained_by.index(cause.signature))))


def _explained(group: Group, other: Group) -> int:
    if group.first is None or other.first is None:
        return _stands_before(group, other)
    return group.rate.near(other.rate, _reach_s(group, other))


def _stands_before(group: Group, other: Group) -> int:
    """Without times only the place in one log tells, and only of the event that was kept as the example."""
    (_, source, offset), (_, other_source, other_offset) = group.sample, other.sample
    return int(source == other_source and 0 < offset - other_offset <= SOON_BYTES)


def _reach_s(group: Group, other: Group) -> float:
    """A leak works for as long as its process lives; a killed connection is noticed soon."""
    leaks = ("gc-unchecked-in", "pool-reset-error", "psycopg-deleted-open")
    return 3600.0 if other.signature in leaks and group.origin == "app" else SOON_S


def _told(other: Group, explained: int, count: int) -> str:
    where = {"postgresql": " in PostgreSQL's log", "pgbouncer": " in pgbouncer's log"}.get(other.origin, "")
    since = f", first {iso(other.first)}" if other.first is not None else ""
    times = f"{other.count:,} time{'s' * (other.count != 1)}"
    return f"{other.signature} ({times}{where}{since}), which stands close to {explained:,} of the {count:,}"


def starts_before(group: Group, marks: Mapping[str, Histogram]) -> tuple[str, ...]:
    """The starts and stops shortly before this problem's first event."""
    if group.first is None:
        return ()
    found = []
    for name, moments in sorted(marks.items()):
        near = [
            bucket * moments.width_s
            for bucket in moments.counts
            if group.first - START_S - moments.width_s <= bucket * moments.width_s <= group.first
        ]
        if near:
            found.append(f"{name} at about {iso(max(near))}")
    return tuple(found)


def timeline(groups: Iterable[Group]) -> tuple[Group, ...]:
    """The problems in the order in which they began; those without a time last."""
    return tuple(sorted(groups, key=lambda one: (one.first is None, one.first or 0.0, one.sample, one.key)))
