"""An axis of time or of numbers: where a value lies on it, and where ticks stand that a person reads easily."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from forge_doctor.dataclass import dataclass

_STEPS_S = (
    *(0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200),
    *(86_400, 172_800, 604_800, 2_592_000, 31_536_000, 315_360_000),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """From `first` to `last` over `left` to `right` of a drawing."""

    first: float
    last: float
    left: float
    right: float

    def at(self, value: float) -> float:
        """Where the value is drawn; beyond the ends it is drawn at them."""
        span = max(self.last - self.first, 1e-9)
        share = min(1.0, max(0.0, (value - self.first) / span))
        return round(self.left + share * (self.right - self.left), 1)


def time_ticks(axis: Axis, most: int = 8) -> Iterator[tuple[float, str]]:
    """Places and labels of round moments, in UTC."""
    span = axis.last - axis.first
    step = next((one for one in _STEPS_S if span / one <= most), span / most or 1.0)
    for number in range(math.ceil(axis.first / step), math.floor(axis.last / step) + 1):
        yield axis.at(number * step), _label(number * step, step)


def number_ticks(axis: Axis, most: int = 8) -> Iterator[tuple[float, str]]:
    """The same of whole numbers from 0 on."""
    size = 10 ** max(0, math.floor(math.log10(max(axis.last / most, 1))))
    step = next((size * one for one in (1, 2, 5, 10) if axis.last / (size * one) <= most), size * 10)
    for number in range(math.floor(axis.last / step) + 1):
        yield axis.at(number * step), f"{number * step:g}"


def moment(at: float, shape: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A moment in UTC; what no calendar holds is told in seconds."""
    try:
        return (_EPOCH + timedelta(seconds=at)).strftime(shape)
    except (OverflowError, ValueError):
        return f"{at:.0f} s"


def _label(at: float, step: float) -> str:
    if step >= 86_400:
        return moment(at, "%Y-%m-%d")
    return moment(at, "%H:%M:%S" if step < 60 else "%H:%M")
