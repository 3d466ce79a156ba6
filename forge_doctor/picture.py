"""What a report can be drawn from, as values: who was when in which state, who waits for whom, what fits into a limit, source.

A picture says nothing that findings and tables do not say; formats that draw nothing leave it out. Moments are seconds
since the epoch, so that pictures of several reports can share one axis.
"""

from __future__ import annotations

from enum import StrEnum

from forge_doctor.dataclass import dataclass
from forge_doctor.finding import Location, Severity


class Tone(StrEnum):
    """What a bar means to whoever reads it, whatever its state is called; formats choose colour and hatching."""

    CALM = "calm"  # holds nothing that anybody misses
    BUSY = "busy"  # works
    HOLDING = "holding"  # keeps what others may want, and does nothing
    WAITING = "waiting"  # for somebody else
    BROKEN = "broken"  # failed, and still there


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One thing that lasted; `state` is the word for it, `detail` what is told where there is room."""

    label: str
    start: float
    end: float
    state: str
    tone: Tone = Tone.CALM
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Who had these bars: a worker, a client."""

    name: str
    bars: tuple[Bar, ...]
    more: int = 0  # bars left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often something happened: (moment, count) for each span of `width_s` seconds that had any."""

    label: str
    severity: Severity
    width_s: float
    counts: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Lanes of bars with rates under them, from `start` to `end`; a bar may have begun before."""

    title: str
    start: float
    end: float
    lanes: tuple[Lane, ...] = ()
    rates: tuple[Rate, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One in a tree; those behind it wait for it. `more` are left out behind it."""

    label: str
    detail: str = ""
    tone: Tone = Tone.CALM
    behind: tuple[Node, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Who waits for whom: the roots wait for nobody."""

    title: str
    roots: tuple[Node, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A share of a sum and what it is."""

    label: str
    value: float
    tone: Tone = Tone.CALM


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Parts one after the other; `source` says where the numbers come from."""

    label: str
    parts: tuple[Part, ...]
    source: str = ""

    @property
    def value(self) -> float:
        """All of them together."""
        return sum(part.value for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """Sums side by side against one limit."""

    title: str
    unit: str
    limit: float
    limit_label: str
    sums: tuple[Sum, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Lines of a text around a place; `location.line` is the one that is meant. What is secret is masked by who cuts it."""

    location: Location
    first: int
    lines: tuple[str, ...]
    title: str = ""


Picture = Timeline | Tree | Capacity | Excerpt
