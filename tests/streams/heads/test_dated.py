"""Whatever the notation of a record's time, and on whichever side of its level it stands, the moment is the one that was meant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.streams.heads.line_head import Heads, read_head

TOKYO, BERLIN, TEHRAN = (
    timezone(timedelta(hours=9)),
    timezone(timedelta(hours=2)),
    timezone(-timedelta(hours=3, minutes=30)),
)


def form(pattern: str, zone: timezone = UTC) -> Callable[[datetime], str]:
    return lambda at: at.astimezone(zone).strftime(pattern)


FORMS: dict[str, Callable[[datetime], str]] = {
    "iso": form("%Y-%m-%dT%H:%M:%SZ ERROR shop: x"),
    "offset": form("%Y-%m-%dT%H:%M:%S+09:00 ERROR shop: x", TOKYO),
    "gunicorn": form("[%Y-%m-%d %H:%M:%S +0200] [17] [ERROR] x", BERLIN),
    "half an hour": form("[%Y-%m-%d %H:%M:%S -0330] [17] [ERROR] x", TEHRAN),
    "named zone": form("%Y-%m-%d %H:%M:%S JST ERROR shop: x", TOKYO),
    "german": form("%d.%m.%Y %H:%M:%S ERROR shop: x"),
    "german comma": form("%d.%m.%Y, %H:%M:%S ERROR shop: x"),
    "japanese": form("%Y年%m月%d日 %H:%M:%S ERROR shop: x"),
    "japanese clock": form("%Y年%m月%d日 %H時%M分%S秒 ERROR shop: x"),
    "english": form("%d %b %Y %H:%M:%S ERROR shop: x"),
    "dashes": form("%d-%b-%Y %H:%M:%S ERROR shop: x"),
    "asctime": form("%a %b %d %H:%M:%S %Y ERROR shop: x"),
    "mail": form("%a, %d %b %Y %H:%M:%S +0000 ERROR shop: x"),
    "common": form("[%d/%b/%Y:%H:%M:%S +0200] ERROR shop: x", BERLIN),
    "american": form("%m/%d/%Y %I:%M:%S %p ERROR shop: x"),
    "compact": form("%Y%m%dT%H%M%SZ ERROR shop: x"),
    "compact clock": form("%Y%m%d %H:%M:%S ERROR shop: x"),
    "level first": form("ERROR %Y-%m-%d %H:%M:%S,000 shop x"),
    "level in brackets": form("[ERROR] %Y-%m-%d %H:%M:%S shop: x"),
    "level and colon": form("ERROR: %Y-%m-%d %H:%M:%S shop x"),
    "level and colons": form("ERROR::%Y-%m-%d %H:%M:%S,000::shop.api::x"),
    "level and semicolon": form("ERROR;%d.%m.%Y %H:%M:%S;shop;x"),
    "level and bar": form("ERROR | %Y-%m-%d %H:%M:%S | shop | x"),
    "airflow": form("[%Y-%m-%d, %H:%M:%S UTC] {taskinstance.py:1} ERROR - x"),
    "seconds": lambda at: f"{at.timestamp():.3f} ERROR shop: x",
    "seconds in brackets": lambda at: f"[{at.timestamp():.0f}] ERROR shop: x",
    "milliseconds": lambda at: f'{{"time": {int(at.timestamp() * 1000)}, "level": 50, "msg": "x"}}',
    "microseconds": lambda at: f'{{"timestamp": {int(at.timestamp() * 10**6)}, "level": "error", "message": "x"}}',
    "nanoseconds": lambda at: f'{{"ts": "{int(at.timestamp()) * 10**9}", "level": "error", "msg": "x"}}',
}
MOMENTS = st.datetimes(datetime(2002, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)
TURNS = [
    datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2024, 2, 29, 12, 0, 3, tzinfo=UTC),
]
TURNS += [datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), datetime(2026, 10, 25, 1, 0, 1, tzinfo=UTC)]


@given(MOMENTS, st.sampled_from(sorted(FORMS)))
def test_the_moment_is_the_one_that_was_meant(at: datetime, name: str) -> None:
    check(at, name)


@given(MOMENTS, st.text(":|;,>~/] \t", min_size=1, max_size=4), st.text(":|;, ", min_size=1, max_size=3))
def test_a_level_is_read_whatever_signs_stand_between_it_and_the_time(at: datetime, before: str, behind: str) -> None:
    head = read_head(at.strftime(f"CRITICAL{before}%Y-%m-%d %H:%M:%S{behind}shop.api{behind}x").encode())
    assert head is not None
    assert (head.level, head.at, head.message[-1:]) == (50, at.timestamp(), b"x")


@pytest.mark.parametrize("name", sorted(FORMS))
@pytest.mark.parametrize("at", TURNS, ids=str)
def test_days_years_and_clocks_may_change(at: datetime, name: str) -> None:
    check(at, name)


def check(at: datetime, name: str) -> None:
    line = FORMS[name](at).encode()
    for head in (read_head(line), Heads().read(line)):
        assert head is not None
        assert head.level >= 40
        assert head.at == pytest.approx(at.timestamp(), abs=0.001)


@pytest.mark.parametrize(
    "line",
    [
        "11/10/2026 23:59:58 ERROR shop: x",
        "1762761600 rows read",
        "20260302 rows",
        "ERROR 404 on 2026-03-02",
        "Monday it was",
    ],
)
def test_what_may_be_another_day_or_no_time_at_all_is_none(line: str) -> None:
    head = read_head(line.encode())
    assert head is None or head.at is None


@pytest.mark.parametrize("taken", ["stderr | ", "| stderr | ", "[stderr] ", "STDOUT: ", "sys.stderr - "])
def test_what_was_written_to_the_terminal_has_its_own_level(taken: str) -> None:
    before = "2026-03-02 10:56:57 ERROR "
    quiet, loud = (read_head(f"{before}{taken}{text}".encode()) for text in ("INFO:     up", "ERROR:    lost"))
    assert quiet is not None
    assert loud is not None
    assert (quiet.level, quiet.message, loud.level) == (20, b"up", 40)
    bare = read_head(f"{before}{taken}loading 3/3".encode())
    assert bare is not None
    assert (bare.level, bare.message) == (-1, b"loading 3/3")


@pytest.mark.parametrize("text", ["stderr was closed", "stdout", "standard: x"])
def test_a_record_about_the_terminal_keeps_its_level(text: str) -> None:
    head = read_head(f"2026-03-02 10:56:57 ERROR shop: {text}".encode())
    assert head is not None
    assert head.level == 40


@pytest.mark.parametrize("clock", ["05:03:02 ", "[05:03:02] ", "05:03:02,120 ", "05:03:02.120 | ", "05:03:02 - "])
def test_a_level_right_behind_a_clock_makes_a_head(clock: str) -> None:
    head = read_head(f"{clock}ERROR shop.store: not saved".encode())
    assert head is not None
    assert (head.level, head.at, head.message) == (40, None, b"shop.store: not saved")
    assert read_head(f"{clock}nothing of note".encode()) is None
