"""Logs of services that are well, and noisy ones in which nothing is to be mended: nothing is told of them, however they were got out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.streams.carriers.test_carriers import TEXTS, answer, read, timed
from tests.support.log_bytes import BYTES
from tests.support.log_ways import BYTES_WAYS, WAYS

HEALTHY = sorted((Path(__file__).parent / "healthy").glob("*.log"))
NAMES = [path.stem for path in HEALTHY]
TIMES = 6
"""A log goes on: what it says once, it says again."""
EVERY = {name: wrap for name, wrap in (TEXTS | WAYS).items() if not name.startswith("folded")}
# They call every line an error, which only those can be told from that say otherwise themselves.
LOUD = frozenset(
    (
        "gcp-lines",
        "gcp-json-payload",
        "gcloud-value",
        "gcloud-csv",
        "gcloud-table",
        "netlify",
        "railway-json",
        "honeycomb",
        "axiom",
        "newrelic-csv",
    )
)
# No line of it is one that is known to begin a line, so that what stands before it stays.
UNPREFIXED = frozenset(("doctest_tutorial", "pytest_xfail"))


def said_of(path: Path) -> str:
    return (path.read_text().rstrip("\n") + "\n") * TIMES


@pytest.mark.parametrize("path", HEALTHY, ids=NAMES)
def test_nothing_is_told_of_a_healthy_log(path: Path, tmp_path: Path) -> None:
    found = read(tmp_path / "input", said_of(path).encode())
    assert answer(found.summary.groups.values()) == []
    assert found.problem == ""


@pytest.mark.slow
@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("carrier", sorted(EVERY | BYTES | BYTES_WAYS))
def test_a_healthy_log_stays_silent_in_every_carrier(carrier: str, number: int, tmp_path: Path) -> None:
    at = sum(carrier.encode()) * 2 + number * 17
    path = HEALTHY[at % len(HEALTHY)]
    if path.stem in UNPREFIXED:
        path = HEALTHY[(at + 1) % len(HEALTHY)]
    lines = timed(said_of(path))
    data = EVERY[carrier](lines).encode() if carrier in EVERY else (BYTES | BYTES_WAYS)[carrier](lines)
    told = answer(read(tmp_path / "input", data).summary.groups.values())
    assert [one for one in told if one[0] or carrier not in LOUD] == []


def records(*keys: str) -> bytes:
    return "".join(json.dumps(dict.fromkeys(keys, number)) + "\n" for number in range(50)).encode()


def test_records_without_a_message_are_not_called_healthy(tmp_path: Path) -> None:
    assert "50 of 50 JSON records have no message" in read(tmp_path / "input", records("id", "weight")).problem
    assert read(tmp_path / "input", records("path", "status")).problem == ""


@pytest.mark.parametrize("text", ["größe", "失敗", "Ошибка", "오류"])
@pytest.mark.parametrize("encoding", ["latin-1", "shift_jis", "cp1251", "euc-kr", "utf-8", "utf-16"])
def test_whatever_the_encoding_a_traceback_is_read(text: str, encoding: str, tmp_path: Path) -> None:
    trace = f'ERROR:    {text}\nTraceback (most recent call last):\n  File "/app/shop.py", line 3, in pay\nshop.Broken: {text}\n'
    found = read(tmp_path / "input", trace.encode(encoding, "replace"))
    assert answer(found.summary.groups.values()) == [("shop.Broken", "/app/shop.py:3 pay", 1)]
