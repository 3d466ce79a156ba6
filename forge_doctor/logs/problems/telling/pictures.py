"""How often each problem was seen over time, as a picture; a log without times has none."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.logs.problems.problem import Problem
from forge_doctor.logs.problems.unknown_error import UNKNOWN
from forge_doctor.picture import Rate, Timeline

MOST_RATES = 12


def rates(problems: Sequence[Problem]) -> tuple[Timeline, ...]:
    """One timeline of the problems in their order, the first ones where there are many."""
    timed = [one for one in problems if one.group.first is not None and one.group.rate.counts]
    if not timed:
        return ()
    width = max(one.group.rate.width_s for one in timed)
    starts = [bucket * one.group.rate.width_s for one in timed for bucket in one.group.rate.counts]
    rest = len(timed) - MOST_RATES
    return (
        Timeline(
            title="Problems in the log, over time",
            start=min(starts),
            end=max(starts) + width,
            rates=tuple(_rate(one) for one in timed[:MOST_RATES]),
            note=f"{rest} more problems are left out." if rest > 0 else "",
        ),
    )


def _rate(problem: Problem) -> Rate:
    group = problem.group
    width = group.rate.width_s
    return Rate(
        label=group.signature or group.exception or UNKNOWN,
        severity=problem.severity,
        width_s=width,
        counts=tuple((float(bucket * width), group.rate.counts[bucket]) for bucket in sorted(group.rate.counts)),
    )
