"""A capacity's geometry: one stacked bar a sum, and the limit across all of them; decides no colour and no markup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.picture import Capacity, Part, Sum
from forge_doctor.render.digest import value_text
from forge_doctor.render.html.axis import Axis, number_ticks
from forge_doctor.render.html.timeline import GUTTER, MARGIN, WIDTH, shortened

BAR, GAP, TOP = 26.0, 14.0, 26.0
# A sum far beyond the limit is cut at the drawing's edge, so that the limit stays to be seen.
MOST_LIMITS = 4.0
# Room that a figure needs inside its part.
FIGURE = 9.0


class DrawnPart(NamedTuple):
    """A part at its place; `figure` where there is room for it."""

    part: Part
    x: float
    width: float
    figure: str


class DrawnSum(NamedTuple):
    """A sum's bar."""

    sum: Sum
    name: str
    y: float
    parts: tuple[DrawnPart, ...]
    beyond: bool


class DrawnCapacity(NamedTuple):
    """The whole drawing."""

    capacity: Capacity
    width: float
    height: float
    bottom: float
    limit: float
    sums: tuple[DrawnSum, ...]
    ticks: tuple[tuple[float, str], ...]
    bar: float = BAR

    @property
    def legend(self) -> tuple[tuple[str, str], ...]:
        """Every part that is drawn, with its tone."""
        parts = [one.part for drawn in self.sums for one in drawn.parts if one.width]
        return tuple(dict.fromkeys((part.tone.value, part.label) for part in parts))

    @property
    def description(self) -> str:
        """What the drawing shows, in words."""
        told = (f"{one.label}: {value_text(one.value)} {self.capacity.unit}." for one in self.capacity.sums)
        return " ".join((f"{value_text(self.capacity.limit)} {self.capacity.limit_label}.", *told))

    @property
    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """Every part in words."""
        for one in self.capacity.sums:
            for part in one.parts:
                yield one.label, part.label, value_text(part.value), ""
            fits = "fits" if one.value <= self.capacity.limit else "exceeds the limit"
            yield one.label, "together", value_text(one.value), f"{fits}; {one.source}".rstrip("; ")


def draw_capacity(capacity: Capacity) -> DrawnCapacity:
    """From 0 to the largest sum, or to a few times the limit."""
    limit = max(capacity.limit, 1.0)
    largest = max([limit, *(one.value for one in capacity.sums)])
    axis = Axis(first=0, last=min(largest, limit * MOST_LIMITS) * 1.02, left=GUTTER, right=WIDTH - MARGIN)
    sums = tuple(_sum(one, axis, TOP + at * (BAR + GAP)) for at, one in enumerate(capacity.sums))
    bottom = TOP + len(sums) * (BAR + GAP)
    return DrawnCapacity(
        capacity=capacity,
        width=WIDTH,
        height=bottom + 24,
        bottom=bottom,
        limit=axis.at(capacity.limit),
        sums=sums,
        ticks=tuple(number_ticks(axis)),
    )


def _sum(one: Sum, axis: Axis, y: float) -> DrawnSum:
    parts, begin = [], 0.0
    for part in one.parts:
        x, end = axis.at(begin), axis.at(begin + part.value)
        figure = value_text(part.value)
        room = end - x >= FIGURE * (len(figure) + 1)
        parts.append(DrawnPart(part=part, x=x, width=round(end - x, 1), figure=figure if room else ""))
        begin += part.value
    return DrawnSum(sum=one, name=shortened(one.label), y=y, parts=tuple(parts), beyond=one.value > axis.last)
