"""What a log, or many, came to: groups that can be added to each other in any order."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from forge_doctor.dataclass import dataclass, field
from forge_doctor.logs.problems.group import Group, GroupKey, group_key
from forge_doctor.logs.problems.histogram import Histogram
from forge_doctor.logs.problems.starts import Mark, Starts
from forge_doctor.logs.records.event import Event, Sighting

MOST_GROUPS = 2_000
"""Kinds of problems kept: beyond, those seen once or twice are only counted."""
SCHEMA = "forge-doctor-logs/1"
FAILED_KEY: GroupKey = ("failed-requests", "", "", 0, "", "", "app")


@dataclass(slots=True)
class Summary:
    """The groups, what happened around them, and how much was read.

    `marks` says when things began that faults follow from (`app started`), `starts` what servers said about their
    starts, `outside` when events were seen that are of no time that was asked for, `began` when the log begins,
    `failed` the requests that access logs say to have failed.
    There is room for MOST_GROUPS; of errors beyond that only `others` tells, by how many there were. Adding summaries
    is associative and commutative while there is room.
    """

    groups: dict[GroupKey, Group] = field(default_factory=dict)
    marks: dict[str, Histogram] = field(default_factory=dict)
    outside: Histogram = field(default_factory=Histogram)
    starts: Starts = field(default_factory=Starts)
    failed: Group = field(default_factory=lambda: Group(key=FAILED_KEY))
    began: float | None = None
    others: int = 0
    lines: int = 0
    bytes: int = 0
    about: bool = False

    def add(self, event: Event, seen: Sighting, example: Callable[[], str]) -> bool:
        """Count one event, if it is wanted; whether it was."""
        self._group(event, seen).add(event, seen, example)
        return True

    def add_times(self, event: Event, seen: Sighting, times: Sequence[float | None]) -> None:
        """Count an event that was seen again at these times, with an earlier example at hand."""
        self._group(event, seen).add_times(event, seen, times)

    def add_failed(self, event: Event, seen: Sighting, times: Sequence[float | None]) -> None:
        """Count requests that failed at these times."""
        self.failed.add_times(event, seen, times)

    def _group(self, event: Event, seen: Sighting) -> Group:
        key = group_key(event, seen)
        group = self.groups.get(key)
        if group is None:
            if len(self.groups) >= 2 * MOST_GROUPS:
                self._make_room()
            group = self.groups[key] = Group(key=key)
        return group

    def _make_room(self) -> None:
        """Keep what has a name and what is frequent; the others are counted."""
        kept = sorted(self.groups, key=lambda key: (not key[0], -self.groups[key].count, key))[:MOST_GROUPS]
        whole = sum(group.count for group in self.groups.values())
        self.groups = {key: self.groups[key] for key in kept}
        self.others += whole - sum(group.count for group in self.groups.values())

    def note_beginning(self, at: float | None) -> None:
        """Note the time of a record near the log's beginning."""
        if at is not None:
            self.began = at if self.began is None else min(at, self.began)

    def mark(self, name: str, at: float | None) -> None:
        """Note when something began."""
        if at is not None:
            self.marks.setdefault(name, Histogram()).add(at)

    def mark_start(self, mark: Mark) -> None:
        """Note what a server said about its start."""
        self.starts.add(mark)

    def merge(self, other: Summary) -> Summary:
        """Both together, as a new summary."""
        whole = copy.deepcopy(self)
        whole.take(other)
        return whole

    def take(self, other: Summary) -> None:
        """Add what another has counted, which stays as it is."""
        self.lines += other.lines
        self.bytes += other.bytes
        self.about = self.about or other.about
        for key, group in other.groups.items():
            self.groups.setdefault(key, Group(key=key)).merge(group)
        self.failed.merge(other.failed)
        self.outside.merge(other.outside)
        self.starts.merge(other.starts)
        self.note_beginning(other.began)
        self.others += other.others
        if len(self.groups) > 2 * MOST_GROUPS:
            self._make_room()
        for name, moments in other.marks.items():
            self.marks.setdefault(name, Histogram()).merge(moments)

    @property
    def told_lines(self) -> int:
        """The lines as far as they are known: those that were not counted one by one to three digits."""
        return round(self.lines, 3 - len(str(self.lines))) if self.about else self.lines

    def with_inspected(self, *, lines: int, bytes: int, about: bool = False) -> Summary:  # noqa: A002
        """The same groups, with how much was read to find them."""
        return Summary(
            groups=self.groups,
            marks=self.marks,
            outside=self.outside,
            starts=self.starts,
            failed=self.failed,
            began=self.began,
            others=self.others,
            lines=lines,
            bytes=bytes,
            about=about,
        )

    def to_data(self) -> dict[str, Any]:
        """As JSON-able values, the same for the same events whatever their order."""
        return {
            "schema": SCHEMA,
            "lines": self.lines,
            "bytes": self.bytes,
            "about": self.about,
            "groups": [self.groups[key].to_data() for key in sorted(self.groups)],
            "marks": {name: self.marks[name].to_data() for name in sorted(self.marks)},
            "outside": self.outside.to_data(),
            "starts": self.starts.to_data(),
            "failed": self.failed.to_data(),
            "began": self.began,
            "others": self.others,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Summary:
        """The inverse of `to_data`."""
        groups = [Group.from_data(one) for one in data["groups"]]
        return cls(
            groups={group.key: group for group in groups},
            marks={name: Histogram.from_data(one) for name, one in data["marks"].items()},
            outside=Histogram.from_data(data["outside"]),
            starts=Starts.from_data(data["starts"]),
            failed=Group.from_data(data["failed"]),
            began=data["began"],
            others=data["others"],
            lines=data["lines"],
            bytes=data["bytes"],
            about=data["about"],
        )


def merge_all(summaries: Iterable[Summary]) -> Summary:
    """The sum of many summaries, none of which is copied; of none, an empty one."""
    whole = Summary()
    for summary in summaries:
        whole.take(summary)
    return whole
