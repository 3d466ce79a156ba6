from __future__ import annotations

from forge_doctor.logs.problems.telling.pictures import MOST_RATES
from forge_doctor.logs.problems.telling.report import triage
from forge_doctor.picture import Timeline
from tests.support.log_reading import read_whole

FAILED = (
    "{at} ERROR app: failed\nTraceback (most recent call last):\n"
    '  File "/app/shop/m{n}.py", line 7, in work\n    work()\nshop.Error{n}: told\n'
)


def pictures(text: str) -> tuple[Timeline, ...]:
    found = triage(read_whole(text), "shop.log").pictures
    assert all(isinstance(one, Timeline) for one in found)
    return found  # type: ignore[return-value]


def test_each_problem_is_a_rate_that_adds_up() -> None:
    text = "".join(FAILED.format(at=f"2026-11-22 08:{minute:02}:00,000", n=minute % 2) for minute in range(30, 50))
    (timeline,) = pictures(text)
    assert sorted(sum(count for _, count in rate.counts) for rate in timeline.rates) == [10, 10]
    moments = [at for rate in timeline.rates for at, _ in rate.counts]
    assert timeline.start == min(moments)
    assert timeline.end == max(moments) + timeline.rates[0].width_s


def test_a_log_without_times_has_none() -> None:
    assert pictures(FAILED.format(at="", n=1)) == ()
    assert pictures("") == ()


def test_what_is_left_out_is_counted() -> None:
    text = "".join(FAILED.format(at="2026-11-22 08:30:00,000", n=number) for number in range(MOST_RATES + 3))
    (timeline,) = pictures(text)
    assert (len(timeline.rates), timeline.note) == (MOST_RATES, "3 more problems are left out.")
