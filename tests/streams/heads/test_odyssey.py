"""Odyssey's log has the number of its process first and a level in small letters: its limits are told, a healthy one is silent."""

from __future__ import annotations

import pytest

from forge_doctor.streams.heads.line_head import read_head
from tests.support.log_reading import groups, told

LIMITS = [
    "global connection limit reached for '10.0.0.1:5000' client, closing",
    "route connection limit reached for client '10.0.0.1:5000', closing",
]
TIMES = ["22 Nov 08:00:01.123", "2026-11-22 08:00:01.123"]


def line(time: str, level: str, words: str) -> str:
    return f"4711 {time} {level} [c1b2c3 none] (startup) {words}\n"


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("words", LIMITS)
def test_a_limit_is_told_with_its_time(time: str, words: str) -> None:
    (group,) = groups(line(time, "info", "new client connection 10.0.0.1:5000") + line(time, "error", words))
    assert (group.signature, group.count) == ("pooler-max-clients", 1)
    assert group.first == pytest.approx(1795334401.123)


@pytest.mark.parametrize("time", TIMES)
def test_a_healthy_log_is_silent(time: str) -> None:
    assert not told("".join(line(time, level, "clients 3 of 100") for level in ("info", "debug", "warning")))


def test_a_list_that_begins_with_a_number_is_no_record() -> None:
    assert read_head(b"12 22 Nov 08:00:01 the error [x] was (y) found") is None
