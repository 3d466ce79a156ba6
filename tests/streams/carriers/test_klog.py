"""Errors of klog are told with their words; what is none, and its other lines, stay silent."""

from __future__ import annotations

from pathlib import Path

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
    assert sorted((one.message.partition(" err=")[0], one.count) for one in groups) == [
        ("Not kept", 2),
        ("no lease within 15s", 1),
    ]


def test_what_is_no_error_stays_silent(tmp_path: Path) -> None:
    quiet = "".join(line.replace("E0102", "W0102").replace("F0102", "I0102") + "\n" for line in LINES.splitlines())
    assert not read(tmp_path / "input", quiet.encode()).summary.groups
