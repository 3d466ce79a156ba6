"""Errors of klog are told with their words; what is none, and its other lines, stay silent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.streams.carriers.test_carriers import read

LINES = """\
I0102 10:00:00.123456       1 main.go:12] "Starting" workers=3
E0102 10:00:01.123456       1 sync.go:88] "Not kept" err="no answer" name="shop"
I0102 10:00:02.123456       1 main.go:13] ERRORS: 0
E0102 10:00:03.123456       1 sync.go:88] "Not kept" err="no answer" name="till"
F0102 10:00:05.123456       1 main.go:20] no lease within 15s
"""


def test_errors_are_told_with_their_words(tmp_path: Path) -> None:
    groups = read(tmp_path / "input", LINES.encode()).summary.groups.values()
    assert sorted((one.message.partition(" name=")[0], one.count) for one in groups) == [
        ("Not kept: no answer", 2),
        ("no lease within 15s", 1),
    ]


def test_what_is_no_error_stays_silent(tmp_path: Path) -> None:
    quiet = "".join(line.replace("E0102", "W0102").replace("F0102", "I0102") + "\n" for line in LINES.splitlines())
    assert not read(tmp_path / "input", quiet.encode()).summary.groups


@pytest.mark.parametrize("before", ["", "api-1  | ", "shop-7f9c api ", "[pod/api-1/api] "])
def test_a_traceback_below_an_error_has_its_time_behind_any_prefix(before: str, tmp_path: Path) -> None:
    trace = (
        "Traceback (most recent call last):",
        '  File "/app/shop/orders.py", line 7, in place',
        "    await session.execute(query)",
        "asyncpg.exceptions.DeadlockDetectedError: deadlock detected",
    )
    lines = [line for at in (5, 9) for line in (f"E0510 09:00:{at:02}.500000       1 orders.py:7] failed", *trace)]
    path = tmp_path / "input"
    path.touch()
    raw = "".join(f"{before}{line}\n" for line in ["I0510 09:00:01.500000       1 main.py:1] up", *lines])
    (group,) = read(path, raw.encode()).summary.groups.values()
    year = datetime.fromtimestamp(path.stat().st_mtime - 130 * 86_400 + 86_400, UTC).year
    told = [
        datetime.fromtimestamp(at, UTC).strftime("%m%d %H%M%S") for at in (group.first, group.last) if at is not None
    ]
    assert (group.signature, group.count, told) == ("deadlock", 2, ["0510 090005", "0510 090009"])
    assert group.first is not None
    assert abs(datetime.fromtimestamp(group.first, UTC).year - year) <= 1
