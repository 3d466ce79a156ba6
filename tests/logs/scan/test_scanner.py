"""The regions are the same bytes whichever engine searches and however the stream arrives."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.errors import UsageProblem
from forge_doctor.logs.scan.engines import SHORT, installed, make_engine, needed
from forge_doctor.logs.scan.reach import AFTER_BYTES, AFTER_LONG_LINES, BACK_BYTES, FRAME_MARKERS, REACH_BYTES
from forge_doctor.logs.scan.readable import Readable
from forge_doctor.logs.scan.region import BEFORE_BYTES, Region
from forge_doctor.logs.scan.scanner import FRAMES_BYTES, Scanner, scan
from forge_doctor.logs.scan.wanted import Wanted, wanted_lines, wanted_literals
from forge_doctor.streams.sources.long_lines import LONGEST_LINE
from tests.support.log_generator import Truth, chunks

LITERALS = (
    b"Traceback (most",
    b"ERROR",
    b"greenlet_spawn has not",
    b"QueuePool limit",
    b"deadlock",
    b"was never awaited",
)


def wanted(engine: str = "stdlib") -> Wanted:
    return Wanted(literals=LITERALS, engine=make_engine(LITERALS, engine))


def joined(log: bytes, engine: str = "stdlib", block: int = 4096) -> list[tuple[int, bytes]]:
    """The regions of `log`, those that touch made one."""
    regions: list[tuple[int, bytes]] = []
    for region in scan(io.BytesIO(log), "log", wanted(engine), block):
        if regions and regions[-1][0] + len(regions[-1][1]) == region.offset:
            regions[-1] = (regions[-1][0], regions[-1][1] + region.data)
        else:
            regions.append((region.offset, region.data))
    return regions


def slow(log: bytes) -> list[tuple[int, bytes]]:
    """The definition of a region, line by line and with the whole log in hand."""
    spans: list[tuple[int, int]] = []
    at = 0
    for line in log.splitlines(keepends=True):
        if any(word in line for word in LITERALS):
            start = reach_back(log, at, spans[-1][1] if spans else 0)
            end = reach_on(log, at + len(line))
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
            else:
                spans.append((start, end))
        at += len(line)
    if not spans and FRAME_MARKERS[0] in log and len(log) <= FRAMES_BYTES:
        return [(0, log)]
    return [(start, log[start:end]) for start, end in spans]


def reach_back(log: bytes, line: int, done: int) -> int:
    lowest, line = max(done, line - BACK_BYTES), line
    while True:
        start = max(lowest, line - BEFORE_BYTES)
        frames = [at for marker in FRAME_MARKERS if (at := log.find(marker, start, line)) >= 0]
        if not frames or start == lowest:
            break
        line = log.rfind(b"\n", lowest, min(frames)) + 1 or lowest
    return start if start == done or log[start - 1 : start] == b"\n" else log.find(b"\n", start) + 1


def reach_on(log: bytes, last: int) -> int:
    while (frame := max(log.rfind(marker, last, reach(log, last)) for marker in FRAME_MARKERS)) >= 0:
        last = log.find(b"\n", frame) + 1 or len(log)
    return max(last, log.rfind(b"\n", last, reach(log, last)) + 1)


def reach(log: bytes, last: int) -> int:
    lines = log[last : last + REACH_BYTES].splitlines(keepends=True)
    return last + max(AFTER_BYTES, sum(map(len, lines[:AFTER_LONG_LINES])))


LINES = st.sampled_from(
    [
        b"INFO quiet",
        b"INFO " + b"long " * 300,
        b"{" + b"field " * 200 + b'\\", line 3"}',
        b"ERROR broken",
        b"Traceback (most recent call last):",
        b'  File "/app/x.py", line 3, in f',
        "│ /app/x.py:3 in f │".encode(),
        # A literal in the line of a frame, as among the locals that rich shows.
        "│ │ e = TimeoutError('QueuePool limit of size 5') │ │".encode(),
        # A literal in the line of a frame, as among the locals that rich shows.
        "│ │ e = TimeoutError('QueuePool limit of size 5') │ │".encode(),
        b"Exc: greenlet_spawn has not been called",
        b"",
        b"\xff\xfe\x00 not text",
        b"QueuePool limit" * 40,
    ]
)
LOGS = st.lists(st.tuples(LINES, st.integers(1, 30)), max_size=25).map(
    lambda runs: b"".join((line + b"\n") * count for line, count in runs)
)


@settings(max_examples=150, deadline=None)
@given(LOGS, st.integers(64, 9000), st.binary(max_size=40))
def test_regions_follow_their_definition_whatever_the_size_of_the_blocks(log: bytes, block: int, rest: bytes) -> None:
    whole = log + rest.replace(b"\n", b" ")
    assert joined(whole, block=block) == slow(whole)


def test_frames_behind_a_literal_in_a_frame_s_line_belong_to_it() -> None:
    box = "│ a line of the box, and nothing that is looked for │\n".encode() * 100
    log = b"Traceback (most recent call last):\n" + box + "│ e = 'QueuePool limit' │\n".encode() + box * 20
    assert joined(log + b"ValueError: behind it\n") == [(0, log + b"ValueError: behind it\n")]


def test_a_region_that_reaches_back_as_far_as_it_may_begins_with_a_whole_line() -> None:
    log = (b"{" + b"field " * 200 + b'\\", line 3"}\n') * 60 + b"ERROR broken\n"
    ((start, data),) = joined(log)
    assert [(start, data)] == slow(log)
    assert start > 0
    assert data.startswith(b"{")


@pytest.mark.parametrize("engine", [name for name in installed() if name != "stdlib"])
def test_every_engine_finds_the_same_regions(engine: str) -> None:
    log = b"".join(chunks(Truth(), 3_000_000, 0.05))
    assert joined(log, engine, 100_000) == joined(log, "stdlib", 77_777) != []


@pytest.mark.parametrize("engine", installed())
@settings(max_examples=60, deadline=None)
@given(text=st.lists(st.sampled_from([*LITERALS, b"EROR", b"deadloc", b"x", b" ", b"\n", b"was never ", b"awaited"])))
def test_an_engine_points_into_exactly_the_lines_that_have_a_literal(engine: str, text: list[bytes]) -> None:
    block = b"".join(text)
    found = wanted(engine).engine.search(block)
    lines = {block.count(b"\n", 0, offset) for offset in found}
    assert list(found) == sorted(found)
    assert lines == {number for number, line in enumerate(block.split(b"\n")) if any(word in line for word in LITERALS)}


@pytest.mark.parametrize("engine", installed())
@given(
    st.sampled_from(wanted_literals()),
    st.integers(0, 80),
    st.integers(0, 80),
    st.sampled_from([b"", b" ", b"\n", b"Er"]),
)
@settings(max_examples=150, deadline=None)
def test_of_what_is_looked_for_every_byte_counts(engine: str, word: bytes, begin: int, cut: int, around: bytes) -> None:
    search = wanted_lines(engine).engine.search
    piece = word[begin : len(word) - cut]
    for text in (word, piece, around + word + around, around + piece + around):
        expected = any(one in text for one in wanted_literals())
        assert bool(search(text)) == expected
        assert bool(search(memoryview(text))) == expected


def test_a_literal_across_a_block_border_is_found() -> None:
    for cut in range(1, 40):
        log = b"x" * cut + b" QueuePool limit\n"
        assert joined(log, block=16) == [(0, log)]


def test_an_endless_line_is_read_in_bounded_memory_and_no_literal_is_lost() -> None:
    word = b"deadlock"
    period = 100_003
    line = (b"y" * (period - len(word)) + word) * 400
    scanner = Scanner("log", wanted(), 1 << 20)
    tracemalloc.start()
    found = sum(region.data.replace(b"\n", b"").count(word) for region in feed_all(scanner, line))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == 400
    assert scanner.long_lines == len(line) // LONGEST_LINE
    assert peak < 12 << 20


def test_a_literal_where_an_endless_line_is_cut_stays_whole() -> None:
    for shift in range(1, len(b"deadlock")):
        line = b"z" * (LONGEST_LINE - shift) + b"deadlock" + b"z" * 5000
        assert any(b"deadlock" in data for _, data in joined(line))


def test_a_stream_that_broke_off_and_keeps_its_view_holds_nothing_up() -> None:
    scanner = Scanner("log", wanted())
    kept = scanner.room()
    line = b"y" * LONGEST_LINE * 3 + b" QueuePool limit"
    kept[: len(line)] = line
    regions = [*scanner.advance(len(line)), *scanner.finish()]
    assert scanner.long_lines == 1
    assert sum(region.data.count(b"QueuePool limit") for region in regions) == 1


def feed_all(scanner: Scanner, data: bytes) -> Iterator[Region]:
    yield from scanner.feed(data)
    yield from scanner.finish()


def test_a_pause_in_a_growing_log_loses_nothing_and_counts_nothing_twice() -> None:
    log = b"".join(chunks(Truth(), 1_100_000, 0.05))
    scanner = Scanner("log", wanted())
    regions = []
    for start in range(0, len(log), 50_021):
        regions += scanner.feed(log[start : start + 50_021])
        regions += scanner.settle() if start % 3 else ()
    regions += scanner.finish()
    assert [region.offset for region in regions] == sorted(region.offset for region in regions)
    assert all(log[region.offset :].startswith(region.data) for region in regions)
    counted = sum(region.data.count(b"Exception in ASGI") for region in regions)
    assert counted == log.count(b"Exception in ASGI") > 0


def test_memory_does_not_grow_with_the_log() -> None:
    class Endless:
        """120 MB without a file."""

        def __init__(self) -> None:
            self.block = b"".join(chunks(Truth(), 1_000_000, 0.01))[: 1 << 20]
            self.left = 120

        def readinto(self, buffer: memoryview, /) -> int:
            self.left -= 1
            count = min(len(buffer), len(self.block)) if self.left else 0
            buffer[:count] = self.block[:count]
            return count

    stream: Readable = Endless()
    tracemalloc.start()
    total = sum(len(region.data) for region in scan(stream, "log", wanted_lines(), 4 << 20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 1 << 19
    assert peak < 60 << 20


def test_an_engine_that_is_not_known_or_not_installed_is_named() -> None:
    with pytest.raises(UsageProblem, match=re.escape("unknown value 'hyperscam'; did you mean 'hyperscan'?")):
        make_engine(LITERALS, "hyperscam")


def test_the_fastest_engine_is_compiled_once_whether_it_is_named_or_not() -> None:
    assert wanted_lines(wanted_lines().engine.name) is wanted_lines()


def test_an_engine_that_cannot_be_loaded_is_none(tmp_path: Path) -> None:
    """As hyperscan where the system has no C++ library: the package is there, its import fails."""
    (tmp_path / "hyperscan.py").write_text("raise ImportError('libstdc++.so.6: cannot open shared object file')\n")
    (tmp_path / "app.log").write_text("2026-11-22 08:00:00,000 ERROR [a] deadlock detected\n")
    given = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(__file__).parents[3]}"}
    line = (sys.executable, "-P", "-m", "forge_doctor", "logs", str(tmp_path / "app.log"))
    done = subprocess.run(line, env=given, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1, done.stderr
    assert "searched with hyperscan" not in done.stdout
    assert "searched with" in done.stdout
    refused = subprocess.run((*line, "--engine", "hyperscan"), env=given, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 2
    assert "is not installed" in refused.stderr


@pytest.mark.parametrize("size", [300 << 10, 1_300_000, 5 << 20])
@pytest.mark.parametrize("piece", [64 << 10, 1 << 20])
def test_of_a_long_line_of_data_its_ends_are_kept_and_what_stands_around_it_stays_one_region(
    size: int, piece: int
) -> None:
    before, after = b"ERROR deadlock\n", b"\nTraceback (most recent call last):\n"
    log = before + b"payload: " + b"x" * size + b" end" + after
    scanner = Scanner("log", wanted())
    regions = [region for at in range(0, len(log), piece) for region in scanner.feed(log[at : at + piece])]
    regions += scanner.finish()
    assert [region.data[: len(before)] for region in regions] == [before]
    lines = regions[0].data.split(b"\n")
    assert lines[1].startswith(b"payload: xxx")
    assert lines[1].endswith(b"xxx end")
    assert b" ... " in lines[1]
    assert len(lines[1]) < 2_000
    assert scanner.long_lines == 1


@given(st.lists(st.text("abc", min_size=1, max_size=12), min_size=1, max_size=30))
def test_a_literal_that_holds_a_short_one_is_not_looked_for(words: list[str]) -> None:
    literals = {word.encode() for word in words}
    short = [word for word in literals if len(word) <= SHORT]
    kept = sorted(word for word in literals if not any(one in word for one in short if one != word))
    assert needed(literals) == tuple(kept)
