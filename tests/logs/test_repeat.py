"""Blocks counted without being read again come to what reading every one of them comes to."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from forge_doctor.logs.read import Reader
from tests.support.log_generator import Truth, chunks
from tests.support.log_reading import read_scanned

BEGIN = datetime(2026, 11, 22, 8, tzinfo=UTC)


def plain(lines: list[bytes]) -> bytes:
    return b"".join(lines)


def docker(lines: list[bytes], heads: bytes = b"") -> bytes:
    """As docker's own files have them: fractions of a second without their last zeros, access lines on stdout."""
    log = io.StringIO()
    for number, line in enumerate(lines):
        at = BEGIN + timedelta(microseconds=10 * number)
        stream = "stdout" if b"uvicorn.access" in line and number % 3 else "stderr"
        text = line[24:] if heads and line[:4] == b"2026" else line
        stamp = f"{at:%Y-%m-%dT%H:%M:%S.%f}".rstrip("0").rstrip(".")
        log.write(f'{{"log":{json.dumps(text.decode())},"stream":"{stream}","time":"{stamp}Z"}}\n')
    return log.getvalue().encode()


def docker_without_times(lines: list[bytes]) -> bytes:
    return docker(lines, heads=b"bare")


def bare(lines: list[bytes]) -> bytes:
    """As uvicorn prints them by itself: the times are gone, and the padding of the level."""
    return b"".join(re.sub(rb"^\S+ \S+ (\w+)( *)\[[\w.]+\] ", rb"\1:    ", line) for line in lines)


@pytest.mark.parametrize("written", [plain, docker, docker_without_times, bare])
@pytest.mark.parametrize("density", [0.3, 0.95])
def test_a_repeated_block_counts_as_if_it_were_read(monkeypatch: pytest.MonkeyPatch, written, density) -> None:
    truth = Truth()
    log = written(b"".join(chunks(truth, 3_000_000, density)).splitlines(keepends=True))
    counted: list[bool] = []
    count = Reader.count

    def counting(self, *arguments) -> bool:
        counted.append(count(self, *arguments))
        return counted[-1]

    monkeypatch.setattr(Reader, "count", counting)
    quick = read_scanned(log, block_bytes=1 << 20)
    monkeypatch.setattr(Reader, "find", lambda *_: None)
    monkeypatch.setattr("forge_doctor.logs.memo.Memo.match", lambda *_: None)
    slow = read_scanned(log, block_bytes=1 << 20)
    events = sum(seen.count for seen in truth.problems.values())
    assert sum(counted) > events - 4 * len(truth.problems)
    assert quick.to_data() == slow.to_data()
    assert sum(group.count for group in quick.groups.values()) == events
