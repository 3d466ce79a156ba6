"""Blocks counted behind a carrier without being translated come to what reading every line of them comes to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forge_doctor.logs.carried import Carried
from forge_doctor.logs.collect import Task, collect
from forge_doctor.logs.reader import Reader
from forge_doctor.logs.repeats.carried_repeat import CarriedRepeats
from forge_doctor.streams.sources.files import FileSource
from tests.logs.repeats.test_repeat import HEADS, PIECES, TRACEBACK, stamped
from tests.support.log_generator import Truth, chunks
from tests.support.log_reading import RULES

BEGIN = datetime(2026, 11, 22, 8, 59, 50, tzinfo=UTC)


def moments(lines: list[bytes], step_ms: int) -> list[datetime]:
    return [BEGIN + timedelta(milliseconds=step_ms * number) for number in range(len(lines))]


def prefixed(lines: list[bytes], step_ms: int = 7) -> bytes:
    clocks = (f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03}" for at in moments(lines, step_ms))
    return b"".join(
        b"%b shop-7f9c web | %b" % pair for pair in zip((one.encode() for one in clocks), lines, strict=True)
    )


def seconds_only(lines: list[bytes]) -> bytes:
    return b"".join(
        f"{at:%d/%b/%Y %H:%M:%S} web.1 ".encode() + line for at, line in zip(moments(lines, 7), lines, strict=True)
    )


def records(lines: list[bytes], **more: Any) -> bytes:
    entries = (
        {"timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z", **more, "message": line.decode()[:-1]}
        for at, line in zip(moments(lines, 13), lines, strict=True)
    )
    return "".join(json.dumps(entry) + "\n" for entry in entries).encode()


def pods(lines: list[bytes]) -> bytes:
    """Two streams: what is about requests goes to the other."""
    at = moments(lines, 11)
    named = ["stdout" if b"access" in line else "stderr" for line in lines]
    return "".join(
        json.dumps({"log": line.decode(), "stream": stream, "@timestamp": when.isoformat(), "pod": "web-7f"}) + "\n"
        for line, stream, when in zip(lines, named, at, strict=True)
    ).encode()


def streamed(lines: list[bytes]) -> bytes:
    return records(lines, stream="stderr", kubernetes={"pod_name": "web-1"})


WRITTEN = (prefixed, seconds_only, records, streamed, pods)


def both(log: bytes, folder: Path) -> tuple[dict[str, Any], dict[str, Any], list[bool]]:
    """What a log comes to in place and read, and the blocks that were counted in place."""
    path = folder / "app.log"
    path.write_bytes(log)
    task = Task(source=FileSource(name="app", paths=(path,)), rules=RULES)
    counted: list[bool] = []
    count = Carried.count

    def counting(self: Carried, *arguments: Any) -> bool:
        counted.append(count(self, *arguments))
        return counted[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Carried, "count", counting)
        quick = collect(task)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CarriedRepeats, "find", lambda *_: None)
        patch.setattr(Reader, "find", lambda *_: None)
        patch.setattr("forge_doctor.logs.records.tracebacks.known_bodies.Memo.match", lambda *_: None)
        slow = collect(task)
    assert (quick.problem, quick.way) == (slow.problem, slow.way)
    return placeless(quick.summary.to_data()), placeless(slow.summary.to_data()), counted


def placeless(data: dict[str, Any]) -> dict[str, Any]:
    """Without the places of the samples: told lines are shorter than raw ones."""
    for group in data["groups"]:
        group["sample"][2] = 0
    return data


@pytest.mark.slow
@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize(("density", "varied"), [(0.3, False), (0.3, True)])
def test_a_repeated_block_behind_a_carrier_counts_as_if_it_were_read(
    tmp_path: Path, written, density: float, varied: bool
) -> None:
    truth = Truth()
    lines = b"".join(chunks(truth, 400_000, density, varied=varied)).splitlines(keepends=True)
    quick, slow, _ = both(written(lines), tmp_path)
    assert quick == slow


@pytest.mark.parametrize("written", WRITTEN)
def test_most_repeats_behind_a_carrier_are_counted_where_they_stand(tmp_path: Path, written) -> None:
    blocks = [stamped(number, HEADS[number % 2] + TRACEBACK % b"app/pay") for number in range(60)]
    quiet = stamped(0, b"INFO [access] all is well\n") * 3 + stamped(0, b"INFO [shop] all is well\n") * 40
    log = b"".join(block + quiet for block in blocks)
    quick, slow, counted = both(written(log.splitlines(keepends=True)), tmp_path)
    assert quick == slow
    assert sum(counted) > 50


@pytest.mark.slow
@pytest.mark.parametrize("written", WRITTEN)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(PIECES, min_size=20, max_size=40), timed=st.booleans())
def test_whatever_stands_between_repeats_behind_a_carrier_they_count_as_if_they_were_read(
    tmp_path: Path, written, pieces: list[bytes], timed: bool
) -> None:
    log = b"".join(
        b"2026-11-22 08:%02d:%02d,123 " % divmod(number % 3600, 60) * (timed and piece[:1] in b"IE") + piece
        for number, piece in enumerate(pieces)
    )
    quick, slow, _ = both(written(log.splitlines(keepends=True)), tmp_path)
    assert quick == slow
