"""A timeline's geometry: lanes of bars above, rates below, on one axis; decides no colour and no markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from forge_doctor.picture import Bar, Lane, Rate, Timeline
from forge_doctor.render.html.axis import Axis, moment, time_ticks

WIDTH, GUTTER, MARGIN = 1000.0, 230.0, 36.0
BAR, GAP, LANE_GAP, RATE, TOP = 9.0, 3.0, 12.0, 30.0, 8.0
# Spans that differ by more than this hide each other on one axis.
MOST_APART = 20.0
LONGEST_NAME = 34


class DrawnBar(NamedTuple):
    """A bar at its place; `cut` where it began before the axis does."""

    bar: Bar
    x: float
    y: float
    width: float
    height: float
    cut: bool

    @property
    def text(self) -> str:
        """What is said where a pointer rests on it."""
        return f"{self.bar.label}, {self.bar.state} since {moment(self.bar.start)} UTC, {self.bar.detail}".rstrip(", ")


class DrawnLane(NamedTuple):
    """A lane's bars, its name as long as there is room, and where its ground is."""

    lane: Lane
    name: str
    y: float
    height: float
    bars: tuple[DrawnBar, ...]


class Column(NamedTuple):
    """One span of a rate."""

    x: float
    y: float
    width: float
    height: float
    text: str


class DrawnRate(NamedTuple):
    """A rate's columns above its base line."""

    rate: Rate
    name: str
    base: float
    total: int
    columns: tuple[Column, ...]


class DrawnTimeline(NamedTuple):
    """The whole drawing."""

    timeline: Timeline
    width: float
    height: float
    left: float
    right: float
    bottom: float
    lanes: tuple[DrawnLane, ...]
    rates: tuple[DrawnRate, ...]
    ticks: tuple[tuple[float, str], ...]

    @property
    def is_cut(self) -> bool:
        """Whether a bar began before the axis does."""
        return any(one.cut for lane in self.lanes for one in lane.bars)

    @property
    def legend(self) -> tuple[tuple[str, str], ...]:
        """Every state that is drawn, with its tone."""
        bars = [one.bar for lane in self.lanes for one in lane.bars]
        return tuple(sorted({(bar.tone.value, bar.state) for bar in bars}))

    @property
    def description(self) -> str:
        """What the drawing shows, for who cannot see it; the table below it has every value."""
        parts = [f"From {moment(self.timeline.start)} to {moment(self.timeline.end)} UTC."]
        for one in self.lanes:
            states = [drawn.bar.state for drawn in one.bars]
            told = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
            parts.append(f"{one.lane.name}: {told or 'nothing to be seen'}.")
        parts += [f"{one.rate.label}: {one.total} times." for one in self.rates]
        return " ".join(parts)

    @property
    def rows(self) -> Iterator[tuple[str, ...]]:
        """Every bar and every rate in words."""
        for one in self.lanes:
            for bar in (drawn.bar for drawn in one.bars):
                yield one.lane.name, bar.label, bar.state, moment(bar.start), bar.detail
        for each in self.rates:
            first = moment(each.rate.counts[0][0]) if each.rate.counts else ""
            yield "log", each.rate.label, each.rate.severity.label, first, f"{each.total} times"


def joined(timelines: Sequence[Timeline]) -> tuple[Timeline, ...]:
    """Those that overlap and last about as long, as one with the rates under the lanes; the others as they are."""
    told: list[Timeline] = []
    for one in timelines:
        at = next((at for at, other in enumerate(told) if _fit(one, other)), None)
        if at is None:
            told.append(one)
        else:
            told[at] = _both(told[at], one)
    return tuple(told)


def _fit(one: Timeline, other: Timeline) -> bool:
    lengths = sorted((max(one.end - one.start, 1.0), max(other.end - other.start, 1.0)))
    return one.start <= other.end and other.start <= one.end and lengths[1] <= lengths[0] * MOST_APART


def _both(one: Timeline, other: Timeline) -> Timeline:
    return Timeline(
        title="; ".join(dict.fromkeys((one.title, other.title))),
        start=min(one.start, other.start),
        end=max(one.end, other.end),
        lanes=(*one.lanes, *other.lanes),
        rates=(*one.rates, *other.rates),
        note=" ".join(part for part in (one.note, other.note) if part),
    )


def draw_timeline(timeline: Timeline) -> DrawnTimeline:
    """Lanes first, rates below them, the axis last."""
    axis = Axis(first=timeline.start, last=timeline.end, left=GUTTER, right=WIDTH - MARGIN)
    y = TOP
    lanes: list[DrawnLane] = []
    for lane in timeline.lanes:
        lanes.append(_lane(lane, axis, y))
        y += lanes[-1].height + LANE_GAP
    rates: list[DrawnRate] = []
    for rate in timeline.rates:
        rates.append(_rate(rate, axis, y + RATE))
        y += RATE + LANE_GAP
    return DrawnTimeline(
        timeline=timeline,
        width=WIDTH,
        height=y + 24,
        left=axis.left,
        right=axis.right,
        bottom=y,
        lanes=tuple(lanes),
        rates=tuple(rates),
        ticks=tuple(time_ticks(axis)),
    )


def _lane(lane: Lane, axis: Axis, y: float) -> DrawnLane:
    bars = tuple(_bar(bar, axis, y + at * (BAR + GAP)) for at, bar in enumerate(lane.bars))
    height = max(2 * BAR, len(bars) * (BAR + GAP) - GAP + (BAR + GAP if lane.more else 0))
    return DrawnLane(lane=lane, name=shortened(lane.name), y=y, height=height, bars=bars)


def _bar(bar: Bar, axis: Axis, y: float) -> DrawnBar:
    x, end = axis.at(bar.start), axis.at(bar.end)
    return DrawnBar(bar=bar, x=x, y=y, width=max(2.0, round(end - x, 1)), height=BAR, cut=bar.start < axis.first)


def _rate(rate: Rate, axis: Axis, base: float) -> DrawnRate:
    top = max((count for _, count in rate.counts), default=0) or 1
    columns = tuple(_column(at, count, rate, axis, base, RATE * count / top) for at, count in rate.counts)
    total = sum(count for _, count in rate.counts)
    return DrawnRate(rate=rate, name=shortened(f"{rate.label} ({total})"), base=base, total=total, columns=columns)


def _column(at: float, count: int, rate: Rate, axis: Axis, base: float, height: float) -> Column:
    x, end = axis.at(at), axis.at(at + rate.width_s)
    tall = round(max(1.0, height), 1)
    text = f"{rate.label}: {count} in {rate.width_s:g} s from {moment(at)} UTC"
    return Column(x=x, y=round(base - tall, 1), width=max(1.5, round(end - x, 1)), height=tall, text=text)


def shortened(name: str) -> str:
    """As much of a name as fits beside a drawing; the whole name is in the table."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}\u2026"
