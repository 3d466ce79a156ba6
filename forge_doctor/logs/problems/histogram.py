"""Counts over time in a bounded number of buckets; merging is associative and commutative."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forge_doctor.dataclass import dataclass, field

NARROWEST_S = 10
MOST_BUCKETS = 512
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(slots=True)
class Histogram:
    """How many events fell into each bucket of `width_s` seconds since the epoch.

    The width doubles when there are too many buckets, so that the result depends on the events
    alone, not on their order.
    """

    width_s: int = NARROWEST_S
    counts: dict[int, int] = field(default_factory=dict)

    def add(self, at: float, count: int = 1) -> None:
        """Count events at a moment."""
        bucket = int(at // self.width_s)
        self.counts[bucket] = self.counts.get(bucket, 0) + count
        if len(self.counts) > MOST_BUCKETS:
            self._coarsen()

    def add_all(self, moments: Sequence[float]) -> None:
        """Count an event at each of the moments."""
        width_s = self.width_s
        for bucket, count in Counter(int(at // width_s) for at in moments).items():
            self.add(bucket * width_s, count)

    def merge(self, other: Histogram) -> None:
        """Add the counts of another histogram."""
        while self.width_s < other.width_s:
            self._double()
        factor = self.width_s // other.width_s
        for bucket, count in other.counts.items():
            self.counts[bucket // factor] = self.counts.get(bucket // factor, 0) + count
        self._coarsen()

    def _coarsen(self) -> None:
        while len(self.counts) > MOST_BUCKETS:
            self._double()

    def _double(self) -> None:
        self.width_s *= 2
        halves: dict[int, int] = {}
        for bucket, count in self.counts.items():
            halves[bucket // 2] = halves.get(bucket // 2, 0) + count
        self.counts = halves

    def near(self, other: Histogram, before_s: float) -> int:
        """How many of these events have one of `other` at most `before_s` before them, or just after."""
        starts = sorted(bucket * other.width_s for bucket in other.counts)
        slack = self.width_s + other.width_s
        return sum(
            count
            for bucket, count in self.counts.items()
            if any(
                bucket * self.width_s - before_s - slack <= start <= bucket * self.width_s + slack for start in starts
            )
        )

    def bars(self, first: float, last: float, columns: int = 24, own: tuple[float, float] | None = None) -> str:
        """A sparkline from `first` to `last`; a space is none. `own` is when the first and the last event were."""
        earliest, latest = own or (first, last)
        span = max(last - first, 1e-9)
        heights = [0.0] * columns
        for bucket, count in self.counts.items():
            begin = max(bucket * self.width_s, earliest, first)
            end = min((bucket + 1) * self.width_s, latest, last)
            left, right = (begin - first) / span * columns, (end - first) / span * columns
            if (column := int(left)) < right <= column + 1 <= columns:
                heights[column] += count
                continue
            for column, share in _shares(left, right, columns):
                heights[column] += count * share
        top = max(heights) or 1.0
        return "".join(
            " " if not height else _BARS[math.ceil(height / top * len(_BARS) - 1e-9) - 1] for height in heights
        )

    def to_data(self) -> dict[str, Any]:
        """As JSON-able values."""
        return {"width_s": self.width_s, "counts": {str(bucket): self.counts[bucket] for bucket in sorted(self.counts)}}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Histogram:
        """The inverse of `to_data`."""
        return cls(width_s=data["width_s"], counts={int(bucket): count for bucket, count in data["counts"].items()})


def _shares(begin: float, end: float, columns: int) -> Iterator[tuple[int, float]]:
    """The columns that a bucket from `begin` to `end` lies under, and how much of it under each.

    An even stream has an even bar, whatever the columns and the buckets are to each other.
    """
    if end - begin < 1e-9:
        yield min(columns - 1, max(0, int(begin))), 1.0
        return
    for column in range(max(0, int(begin)), min(columns, math.ceil(end))):
        share = (min(end, column + 1) - max(begin, column)) / (end - begin)
        if share > 0:
            yield column, share
