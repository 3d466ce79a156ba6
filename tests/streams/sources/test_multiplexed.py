"""The Engine's raw stream in a file: told by its headers alone, taken apart whatever the pieces it comes in."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.streams.sources.multiplexed import is_multiplexed
from tests.streams.sources.test_files import content, only
from tests.support.log_bytes import framed

LINES = [b"line %d" % number for number in range(9_000)]


def test_messages_of_two_streams_are_whole_lines_of_each(tmp_path: Path) -> None:
    path = tmp_path / "raw"
    halves = b"".join(framed(2, line[:3]) + framed(1, b"out\n") + framed(2, line[3:] + b"\n") for line in LINES)
    path.write_bytes(halves + framed(2, b"cut off"))
    read = content(only(path)).split(b"\n")
    assert [line for line in read if not line.startswith(b"stdout | ")] == [*LINES, b"cut off", b""]
    assert read.count(b"stdout | out") == len(LINES)


@pytest.mark.parametrize(
    "head",
    [
        b"\0" * 64 + b"2026-11-22 08:00:00,000 INFO truncated while it was written\n",
        b"\1\0\0\0\0\0\0\5hello and no header behind it\n",
        b"\2 starts with a control character\n",
        b"\1\0\0\0",
        b"",
    ],
)
def test_what_only_begins_like_one_is_none(head: bytes) -> None:
    assert not is_multiplexed(head)
