"""One problem being counted: everything said of it is a sum, a minimum, a maximum or a bounded set."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from forge_doctor.dataclass import dataclass, field
from forge_doctor.logs.problems.histogram import Histogram
from forge_doctor.logs.problems.telling.example import LONGEST_EXAMPLE, LONGEST_UNKNOWN, Example
from forge_doctor.logs.records.event import Culprit, Event, Sighting

MOST_NAMES = 64
MOST_NUMBERS = 20
NO_EXAMPLE = Example("")

GroupKey = tuple[str, str, str, int, str, str, str]
"""(signature, exception, file, line, function, the name it goes by without a culprit, origin)."""


def group_key(event: Event, seen: Sighting) -> GroupKey:
    """What makes two events the same problem: the fault and the user's line, else the route, else the name in its
    message, else its SQLSTATE; never the worker or the request. Of a line without a traceback it is the template."""
    exception = "" if event.signature else event.exception
    if event.culprit is not None:
        place = event.culprit
        driver = "" if event.signature else event.detail
        return (event.signature, exception, place.file, place.line, place.function, driver, seen.origin)
    stated = not event.signature and not event.exception
    name = event.detail if stated else seen.route or event.detail or seen.sqlstate
    return (event.signature, exception, "", 0, "", name, seen.origin)


@dataclass(slots=True)
class Group:
    """The events of one problem, summed up."""

    key: GroupKey
    count: int = 0
    untimed: int = 0
    first: float | None = None
    last: float | None = None
    rate: Histogram = field(default_factory=Histogram)
    sources: dict[str, int] = field(default_factory=dict)
    workers: set[str] = field(default_factory=set)
    routes: dict[str, int] = field(default_factory=dict)
    details: set[str] = field(default_factory=set)
    exceptions: set[str] = field(default_factory=set)
    numbers: dict[str, set[float]] = field(default_factory=dict)
    sample: tuple[float, str, int] = (math.inf, "", 0)
    message: str = ""
    code: str = ""
    endpoint: str = ""
    told: Example = NO_EXAMPLE
    starting: int = 0
    unsure: int = 0
    quiet: int = 0
    statements: set[str] = field(default_factory=set)

    @property
    def example(self) -> str:
        """One event as its log has it, without its secrets."""
        return self.told.shown

    @property
    def signature(self) -> str:
        """The signature's id, or empty for an unknown error."""
        return self.key[0]

    @property
    def exception(self) -> str:
        """The class of an unknown error."""
        return self.key[1]

    @property
    def origin(self) -> str:
        """Whose log said it: `app`, `postgresql`, `pgbouncer`."""
        return self.key[6]

    @property
    def route(self) -> str:
        """The route on which it was seen most, or empty."""
        return min(self.routes, key=lambda route: (-self.routes[route], route), default="")

    @property
    def culprit(self) -> Culprit | None:
        """The user's line, where the log shows one."""
        _, _, file, line, function, _, _ = self.key
        return Culprit(file=file, line=line, function=function, code=self.code) if file else None

    def add(self, event: Event, seen: Sighting, example: Callable[[], str]) -> None:
        """Count one event; `example` is asked for its text only when this event becomes the example."""
        if seen.at is None:
            self.untimed += 1
        else:
            self._note_times((seen.at,))
        self._note(event, seen, 1)
        place = (math.inf if seen.at is None else seen.at, seen.source, seen.offset)
        if self.count == 1 or place < self.sample:
            self._show(event, place, example())

    def add_times(self, event: Event, seen: Sighting, times: Sequence[float | None]) -> None:
        """Count an event that was seen again at these times, none of them before the example's."""
        known = [at for at in times if at is not None]
        self.untimed += len(times) - len(known)
        if known:
            self._note_times(known)
        self._note(event, seen, len(times))

    def _note_times(self, times: Sequence[float]) -> None:
        first, last = min(times), max(times)
        self.first = first if self.first is None or first < self.first else self.first
        self.last = last if self.last is None or last > self.last else self.last
        self.rate.add_all(times)

    def _note(self, event: Event, seen: Sighting, count: int) -> None:
        """Count what is the same for several."""
        self.count += count
        self.sources[seen.source] = self.sources.get(seen.source, 0) + count
        _keep_name(self.workers, seen.worker)
        self.starting += count * event.starting
        self.unsure += count * event.unsure
        self.quiet += count * event.quiet
        if seen.route:
            _keep_counts(self.routes, {seen.route: count})
        _keep_name(self.details, event.detail)
        _keep_name(self.statements, event.statement)
        _keep_name(self.exceptions, event.exception)
        for label, number in event.numbers:
            _keep_smallest_numbers(self.numbers.setdefault(label, set()), {number})

    def _show(self, event: Event, place: tuple[float, str, int], example: str) -> None:
        longest = LONGEST_EXAMPLE if event.signature else LONGEST_UNKNOWN
        self.sample, self.message, self.told = place, event.message, Example(example, longest)
        self.code = event.culprit.code if event.culprit else ""
        named = event.endpoint
        self.endpoint = f"{named.file}:{named.line} {named.function}" if named else ""

    def merge(self, other: Group) -> None:
        """Add what another group of the same key counted."""
        if self.count == 0 or (other.count and other.sample < self.sample):
            self.sample, self.message, self.code = other.sample, other.message, other.code
            self.told, self.endpoint = other.told, other.endpoint
        self.count += other.count
        self.untimed += other.untimed
        self.first = min((at for at in (self.first, other.first) if at is not None), default=None)
        self.last = max((at for at in (self.last, other.last) if at is not None), default=None)
        self.rate.merge(other.rate)
        for source, count in other.sources.items():
            self.sources[source] = self.sources.get(source, 0) + count
        for mine, theirs in (
            (self.workers, other.workers),
            (self.details, other.details),
            (self.statements, other.statements),
            (self.exceptions, other.exceptions),
        ):
            _keep_smallest(mine, theirs)
        _keep_counts(self.routes, other.routes)
        self.starting += other.starting
        self.unsure += other.unsure
        self.quiet += other.quiet
        for label, numbers in other.numbers.items():
            _keep_smallest_numbers(self.numbers.setdefault(label, set()), numbers)

    def to_data(self) -> dict[str, Any]:
        """As JSON-able values, in a fixed order."""
        at, source, offset = self.sample
        return {
            "key": list(self.key),
            "count": self.count,
            "untimed": self.untimed,
            "first": self.first,
            "last": self.last,
            "rate": self.rate.to_data(),
            "sources": dict(sorted(self.sources.items())),
            "workers": sorted(self.workers),
            "routes": dict(sorted(self.routes.items())),
            "details": sorted(self.details),
            "exceptions": sorted(self.exceptions),
            "numbers": {label: sorted(self.numbers[label]) for label in sorted(self.numbers)},
            "sample": [None if at == math.inf else at, source, offset],
            "message": self.message,
            "code": self.code,
            "endpoint": self.endpoint,
            "example": self.example,
            "starting": self.starting,
            "unsure": self.unsure,
            "quiet": self.quiet,
            "statements": sorted(self.statements),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Group:
        """The inverse of `to_data`."""
        at, source, offset = data["sample"]
        signature, exception, file, line, function, name, origin = data["key"]
        return cls(
            key=(signature, exception, file, line, function, name, origin),
            count=data["count"],
            untimed=data["untimed"],
            first=data["first"],
            last=data["last"],
            rate=Histogram.from_data(data["rate"]),
            sources=dict(data["sources"]),
            workers=set(data["workers"]),
            routes=dict(data["routes"]),
            details=set(data["details"]),
            exceptions=set(data["exceptions"]),
            numbers={label: set(numbers) for label, numbers in data["numbers"].items()},
            sample=(math.inf if at is None else at, source, offset),
            message=data["message"],
            code=data["code"],
            endpoint=data["endpoint"],
            told=Example.of_shown(data["example"]),
            starting=data["starting"],
            unsure=data.get("unsure", 0),
            quiet=data.get("quiet", 0),
            statements=set(data["statements"]),
        )


def _keep_name(names: set[str], name: str) -> None:
    if name and name not in names:
        _keep_smallest(names, {name})


def _keep_counts(counts: dict[str, int], more: Mapping[str, int]) -> None:
    """The sums, cut to the first names in the alphabet: none of those was ever left out before."""
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count
    for name in sorted(counts)[MOST_NAMES:]:
        del counts[name]


def _keep_smallest(names: set[str], more: set[str]) -> None:
    """The union, cut to the first in the alphabet: the same whatever the order of merging."""
    names |= more
    if len(names) > MOST_NAMES:
        keep = sorted(names)[:MOST_NAMES]
        names.clear()
        names.update(keep)


def _keep_smallest_numbers(numbers: set[float], more: set[float]) -> None:
    numbers |= more
    if len(numbers) > MOST_NUMBERS:
        keep = sorted(numbers)[:MOST_NUMBERS]
        numbers.clear()
        numbers.update(keep)
