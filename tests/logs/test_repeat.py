"""Blocks counted without being read again come to what reading every one of them comes to."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


TRACEBACK = (
    b"Traceback (most recent call last):\n"
    b'  File "/usr/lib/python3.12/asyncio/runners.py", line 118, in run\n    return self._loop.run_until_complete(task)\n'
    b'  File "/app/shop/%s.py", line 7, in pay\n    order.total\n'
    b"sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_only() here.\n"
)
HEADS = (b"ERROR [shop] request failed\n", b"ERROR [uvicorn.error] Exception in ASGI application\n")
PIECES = st.sampled_from(
    [head + TRACEBACK % name for head in HEADS for name in (b"pay", b"cart")] * 6
    + [
        b"INFO [shop] all is well\n",
        b'INFO [access] 10.0.0.1:1 - "GET /pay/7 HTTP/1.1" 500\n',
        b"INFO [shop] x\n" * 200,
    ]
    + [HEADS[0] + (TRACEBACK % b"pay")[:cut] for cut in (36, 160, 280)]
    + [(TRACEBACK % b"pay")[cut:] for cut in (0, 36, 160, 280)]
    + [HEADS[0] + TRACEBACK % b"pay" + b"[SQL: SELECT 1]\n", b"a line of another program\n", b"    more of it\n", b"\n"]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES, min_size=30, max_size=50), st.booleans(), st.sampled_from([3000, 1 << 20]))
def test_whatever_stands_between_repeats_they_count_as_if_they_were_read(
    pieces: list[bytes], timed: bool, block_bytes: int
) -> None:
    log = b"".join(
        b"2026-11-22 08:%02d:%02d,123 " % divmod(number % 3600, 60) * (timed and piece[:1] in b"IE") + piece
        for number, piece in enumerate(pieces)
    )
    quick = read_scanned(log, block_bytes=block_bytes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "find", lambda *_: None)
        patch.setattr("forge_doctor.logs.memo.Memo.match", lambda *_: None)
        slow = read_scanned(log, block_bytes=block_bytes)
    assert quick.to_data() == slow.to_data()
