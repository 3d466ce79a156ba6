"""Whatever a log holds, it is read by work that grows with its length, and nothing of it ends the run."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forge_doctor.logs.collect import Collected, Task, collect
from forge_doctor.logs.records.tracebacks.traceback_text import Parser
from forge_doctor.streams.sources.files import FileSource
from tests.support.linear import assert_linear
from tests.support.log_reading import RULES

TRACE = (
    "2026-11-22 08:00:00,100 ERROR app failed\nTraceback (most recent call last):\n"
    '  File "/app/x.py", line 3, in f\n    x()\n{more}asyncpg.exceptions.DeadlockDetectedError: deadlock detected\n'
)


def read(data: bytes) -> Collected:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        path.write_bytes(data)
        return collect(Task(source=FileSource(name="log", paths=(path,)), rules=RULES))


def signatures(data: bytes) -> list[tuple[str, int]]:
    return [(one.signature, one.count) for one in read(data).summary.groups.values()]


def test_half_a_character_in_a_record_is_replaced_and_the_fault_is_found() -> None:
    entry = '{"time": "2026-11-22T08:00:00Z", "level": "error", "message": "\\ud800 deadlock detected \\uDFFF", "x\\ud800": 1}\n'
    assert signatures(entry.encode()) == [("deadlock", 1)]
    docker = '{"log":"FATAL:  deadlock detected \\ud83d\\n","stream":"stderr","time":"2026-11-22T08:00:00Z"}\n'
    read(docker.encode())


def test_the_fault_at_the_end_of_a_traceback_of_many_frames_is_found() -> None:
    more = '  File "/app/y.py", line 4, in g\n    g()\n' * 100_000
    assert signatures(TRACE.format(more=more).encode()) == [("deadlock", 1)]


@pytest.mark.parametrize(
    "line",
    [
        "9" * 10_000,
        "2026-11-22 08:00:00," + "9" * 10_000 + " ERROR app deadlock detected",
        "0001-01-01 00:00:00 ERROR app deadlock detected",
        '{"level": ' + "9" * 10_000 + ', "message": "deadlock detected"}',
        '{"level": "\u00b2", "time": 1e400, "message": "deadlock detected"}',
        "app.py:" + "9" * 10_000 + ": RuntimeWarning: deadlock detected",
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"events": [' * 5_000,
        "a,b\n" + '"' * 50_001,
        "\x1e\x1e\x1e deadlock detected",
    ],
    ids=lambda line: repr(line[:24]),
)
def test_an_odd_line_ends_nothing(line: str) -> None:
    read(f"{line}\n".encode() * 3)
    read(f"2026-11-22 08:00:00,100 INFO app begins\n{line}\n".encode())


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = """
log message line textPayload MESSAGE body timestamp time date stream values events data hits kubernetes resource
attributes level severity _source _index record exception resourceLogs scopeLogs logRecords jsonPayload type
"""
KEYS = st.sampled_from(sorted(NAMES.split()))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.dictionaries(KEYS, JUNK, max_size=6), min_size=1, max_size=4), st.sampled_from([None, 1]), st.booleans()
)
def test_records_of_any_shape_are_read_or_told(
    entries: list[dict[str, object]], indent: int | None, array: bool
) -> None:
    text = json.dumps(entries, indent=indent) if array else "\n".join(json.dumps(one, indent=indent) for one in entries)
    read(text.encode())


PIECES = st.sampled_from(
    [b"Traceback (most recent call last):", b'  File "/a.py", line 3, in f', b'File "x", line 9', b"{", b"}", b'{"log": "',
     b"2026-11-22 08:00:00 ", b"deadlock detected", b"E   ", b"____ test_x ____", b",", b'"', b"\x1b[31m", b"\x1e", b"\xe2\x94\x82",
     b"\n", b"\n", b"\t", b" ", b"KeyError: 1", b"a.py:3: in f", b"| ", b"\xff", b"\\ud800"]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=60).map(b"".join))
def test_lines_of_any_kind_are_read_or_told(data: bytes) -> None:
    read(data)


def prefixed(n: int) -> bytes:
    trace = TRACE.format(more="").splitlines()
    return "".join(f"2026-11-22T08:00:00Z app[{k % 7}] [info] {line}\n" for k in range(n) for line in trace).encode()


GROWING: dict[str, Callable[[int], bytes]] = {
    "prefix": prefixed,
    "json lines": lambda n: b'{"message": "x", "kubernetes": {"pod_name": "p"}, "stream": "stderr"}\n' * (n * 6),
    "json array": lambda n: json.dumps([{"textPayload": "INFO: fine", "timestamp": "2026-11-22T08:00:00Z"}] * (n * 6)).encode(),
    "json wrapper": lambda n: json.dumps({"events": [{"message": "INFO: fine", "timestamp": 1}] * (n * 6)}).encode(),
    "pretty json": lambda n: (json.dumps({"MESSAGE": "INFO: fine", "a": {"b": 1}}, indent=2) + "\n").encode() * (n * 4),
    "csv": lambda n: b"timestamp,message\n" + b'2026-11-22 08:00:00,"INFO: ""fine"""\n' * (n * 6),
    "newest first": lambda n: b"".join(b"2026-11-22 08:%02d:%02d INFO x\n" % (k // 60 % 60, k % 60) for k in range(n * 6, 0, -1)),
    "box": lambda n: "\u2502 INFO: fine       \u2502\n".encode() * (n * 6),
    "flat": lambda n: (TRACE.format(more="").replace("  ", "") * n).encode(),
    "one line": lambda n: (" ".join(TRACE.format(more='  File "/app/y.py", line 4, in g\n    g()\n' * n).split()) + "\n").encode(),
}  # fmt: skip


@pytest.mark.slow  # work grows alike on every Python
@pytest.mark.parametrize("kind", sorted(GROWING))
def test_more_of_a_log_is_no_more_than_its_share_of_work(kind: str) -> None:
    def work(times: int) -> Callable[[], object]:
        data = GROWING[kind](250 * times)
        return lambda: read(data)

    work(1)()  # what is made once
    assert_linear(work)


def test_a_traceback_s_parser_takes_each_line_once() -> None:
    def work(times: int) -> Callable[[], object]:
        def parse() -> None:
            parser = Parser()
            for _ in range(2_500 * times):
                parser.feed('  File "/app/y.py", line 4, in g')
                parser.feed("    g()")

        return parse

    assert_linear(work)
