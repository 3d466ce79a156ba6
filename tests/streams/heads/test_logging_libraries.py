"""Tracebacks as libraries for structured logs write them, beside the forms that the carriers' samples have."""

from __future__ import annotations

import json

import pytest

from tests.support.log_reading import groups, told

FRAMES = [
    part
    for depth in range(30)
    for part in (
        f'  File "/srv/app/venv/lib/python3.13/site-packages/lib/m{depth}.py", line {depth + 1}, in f{depth}',
        "    go()",
    )
]
TRACE = [
    "Traceback (most recent call last):",
    '  File "/srv/app/shop.py", line 22, in pay',
    "    go()",
    *FRAMES,
    'ShopError: it\'s "gone"',
]
RECORD = {"timestamp": "2026-11-30T04:13:52.061937Z", "level": "error", "event": "could not pay"}


def key_value() -> str:
    return " ".join(f"{key}={value!r}" for key, value in (RECORD | {"exception": "\n".join(TRACE)}).items())


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(json.dumps(RECORD | {"exc_info": TRACE}), id="python-json-logger, exc_info_as_array"),
        pytest.param(key_value(), id="structlog, KeyValueRenderer"),
    ],
)
def test_a_traceback_in_a_record_is_read_to_its_culprit(line: str) -> None:
    quiet = (
        line.replace("error", "info").partition(" exception=")[0]
        if line[0] != "{"
        else json.dumps(RECORD | {"level": "info"})
    )
    assert told(f"{quiet}\n{line}\n{quiet}\n") == [("ShopError", "/srv/app/shop.py:22 pay", 1)]


@pytest.mark.parametrize("field", ["error", "err", "detail"])
def test_a_record_that_says_nothing_but_what_went_wrong_is_read(field: str):
    words = "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00"
    assert [group.signature for group in groups(json.dumps({field: words}) + "\n")] == ["pool-timeout"]
    assert [group.signature for group in groups(json.dumps({"level": "error", field: words}) + "\n")] == [
        "pool-timeout"
    ]
    assert groups(json.dumps({"level": "info", field: words}) + "\n") == []


def test_a_moment_whose_name_says_that_it_is_a_time_is_the_record_s() -> None:
    record = {
        "id": "1795334400000000",
        "timeout": 30,
        "timestampInMs": 1795334400500,
        "level": "error",
        "message": "lost",
    }
    (group,) = groups(json.dumps(record))
    assert group.first == pytest.approx(1795334400.5)
