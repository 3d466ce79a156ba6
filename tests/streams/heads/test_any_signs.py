"""A format may set its time and its level apart with any signs: errors without a traceback are told, healthy logs are not."""

from __future__ import annotations

import pytest

from forge_doctor.streams.heads.line_head import read_head
from tests.support.log_heads import drawn_head
from tests.support.log_reading import groups

BEGAN = 1795334400.0
SEEDS = range(120)


def log(seed: int, *levels: str) -> str:
    head = drawn_head(seed)
    return "".join(head(BEGAN + 3 * n, level, f"cart {n} of the shop") + "\n" for n, level in enumerate(levels))


@pytest.mark.parametrize("seed", SEEDS)
def test_errors_are_told_whatever_signs_a_format_has(seed: int) -> None:
    found = groups(log(seed, "INFO", "ERROR", "INFO", "ERROR", "CRITICAL", "DEBUG"))
    assert sum(one.count for one in found) == 3
    assert all(one.first is not None and 0 < one.first - BEGAN < 15 for one in found)
    assert all("cart" in one.message and not one.message.startswith(tuple(")>]}|*#~=")) for one in found)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_healthy_log_stays_silent_whatever_signs_a_format_has(seed: int) -> None:
    assert not groups(log(seed, "INFO", "DEBUG", "WARNING", "INFO"))


@pytest.mark.parametrize(
    "line",
    [
        b"'2026-11-30 07:12:30' is no date of the catalogue",
        b"(2026-11-30 07:12:30, 17, 'ERRORS')",
        b'"2026-11-30"',
        b"<ERROR> is what it said",
        b"{2026}",
    ],
)
def test_what_only_quotes_a_time_or_a_level_is_no_head(line: bytes) -> None:
    assert read_head(line) is None


@pytest.mark.parametrize("text", ["ERROR-prone carts were skipped", "the type 'ERRORS' is new", "x-ERROR-y is a name"])
def test_a_word_that_only_looks_like_a_level_is_none(text: str) -> None:
    head = read_head(f"2026-11-30 07:12:30 {text}".encode())
    assert head is not None
    assert head.level < 0
