"""A moment comes back from every notation it is written in, and whoever reads it, a carrier or a learned head, reads the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.streams.times import calendar
from forge_doctor.streams.times.moments import moment
from tests.support.log_heads import ANY_TIMES, NO_TIMES, RARE_TIMES

LATEST = 1796003111.0
# A year before that, so that a time without a year is in the nearest one.
MOMENTS = st.floats(LATEST - 360 * 86400, LATEST)
NOTATIONS = sorted(ANY_TIMES | RARE_TIMES)
# With hours of twelve the month comes first, unless other lines tell otherwise, which a carrier's reader does not see.
ALONE = sorted({*NOTATIONS} - {"halved-day-first"})


def order_of(name: str) -> str:
    if name.startswith("short-year"):
        return "ymd"
    return "mdy" if "month-first" in name or name == "halved" else "dmy"


@pytest.mark.parametrize("name", NOTATIONS)
@given(at=MOMENTS)
def test_a_moment_comes_back(name: str, at: float) -> None:
    text = (ANY_TIMES | RARE_TIMES)[name](at).encode()
    assert calendar.seconds_of(text, order_of(name), 0.0, LATEST) == pytest.approx(at, abs=1.01), text


@pytest.mark.parametrize("name", ALONE)
@given(at=MOMENTS)
def test_both_readers_say_the_same(name: str, at: float) -> None:
    text = (ANY_TIMES | RARE_TIMES)[name](at).encode()
    assert moment(text, 0.0, LATEST) in (None, calendar.seconds_of(text, order_of(name), 0.0, LATEST)), text


@pytest.mark.parametrize("name", sorted(NO_TIMES))
@given(at=MOMENTS)
def test_what_names_no_moment_is_none(name: str, at: float) -> None:
    text = NO_TIMES[name](at).encode()
    assert (calendar.seconds_of(text, "dmy", 0.0, LATEST), moment(text, 0.0, LATEST)) == (None, None)


def test_a_day_before_its_month_needs_no_year() -> None:
    assert moment(b"08 Nov 13:05:42", 0.0, LATEST) == moment(b"Nov 08 13:05:42", 0.0, LATEST) is not None
