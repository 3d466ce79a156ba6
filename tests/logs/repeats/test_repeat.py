"""Blocks counted without being read again come to what reading every one of them comes to."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.logs.reader import Reader
from forge_doctor.logs.recognition.recogniser import Recogniser
from forge_doctor.logs.records.tracebacks.known_chains import places_of
from forge_doctor.logs.records.tracebacks.traceback_text import FRAME
from tests.support.log_generator import Truth, chunks
from tests.support.log_reading import place, read_scanned

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


def windows(lines: list[bytes]) -> bytes:
    return b"\r\n".join(line.rstrip(b"\n") for line in lines) + b"\r\n"


def docker_without_times(lines: list[bytes]) -> bytes:
    return docker(lines, heads=b"bare")


def bare(lines: list[bytes]) -> bytes:
    """As uvicorn prints them by itself: the times are gone, and the padding of the level."""
    return b"".join(re.sub(rb"^\S+ \S+ (\w+)( *)\[[\w.]+\] ", rb"\1:    ", line) for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("written", [plain, docker, docker_without_times, bare])
@pytest.mark.parametrize(("density", "varied"), [(0.3, False), (0.3, True), (0.95, False)])
def test_a_repeated_block_counts_as_if_it_were_read(
    monkeypatch: pytest.MonkeyPatch, written, density: float, varied: bool
) -> None:
    truth = Truth()
    log = written(b"".join(chunks(truth, 3_000_000, density, varied=varied)).splitlines(keepends=True))
    counted: list[bool] = []
    count = Reader.count

    def counting(self, *arguments) -> bool:
        counted.append(count(self, *arguments))
        return counted[-1]

    monkeypatch.setattr(Reader, "count", counting)
    quick = read_scanned(log, block_bytes=1 << 20)
    monkeypatch.setattr(Reader, "find", lambda *_: None)
    monkeypatch.setattr("forge_doctor.logs.records.tracebacks.known_bodies.Memo.match", lambda *_: None)
    slow = read_scanned(log, block_bytes=1 << 20)
    events = sum(seen.count for seen in truth.problems.values())
    assert sum(counted) > events - 4 * len(truth.problems)
    assert quick.to_data() == slow.to_data()
    assert sum(group.count for group in quick.groups.values()) == events


TRACEBACK = (
    b"Traceback (most recent call last):\n"
    b'  File "/usr/lib/python3.12/asyncio/runners.py", line 118, in run\n    return self._loop.run_until_complete(task)\n'
    b'  File "/%s.py", line 7, in pay\n    order.total\n'
    b"sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_only() here.\n"
)
HEADS = (b"ERROR [shop] request failed\n", b"ERROR [uvicorn.error] Exception in ASGI application\n")
PIECES = st.sampled_from(
    [head + TRACEBACK % name for head in HEADS for name in (b"app/pay", b"app/cart", b"usr/lib/python3.12/x")] * 4
    + [
        b"INFO [shop] all is well\n",
        b'INFO [access] 10.0.0.1:1 - "GET /pay/7 HTTP/1.1" 500\n',
        b"INFO [shop] x\n" * 200,
    ]
    + [HEADS[0] + (TRACEBACK % b"app/pay")[:cut] for cut in (36, 160, 280)]
    + [(TRACEBACK % b"app/pay")[cut:] for cut in (0, 36, 160, 280)]
    + [
        HEADS[0] + TRACEBACK % b"app/pay" + b"[SQL: SELECT 1]\n",
        b"a line of another program\n",
        b"    more of it\n",
        b"\n",
    ]
)


@pytest.mark.slow
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
        patch.setattr("forge_doctor.logs.records.tracebacks.known_bodies.Memo.match", lambda *_: None)
        slow = read_scanned(log, block_bytes=block_bytes)
    assert quick.to_data() == slow.to_data()


LATE = b'Traceback (most recent call last):\n  File "/app/late.py", line 8, in late\n    raise\nRuntimeError: late\n'
ENDS = st.sampled_from(
    [
        b"KeyError: 'colour %d'\n",
        b"sqlalchemy.exc.TimeoutError: QueuePool limit of size %d overflow 10 reached, connection timed out\n",
        b"ValueError: %d\n\nDuring handling of the above exception, another exception occurred:\n\n" + LATE,
        b'fastapi.exceptions.ResponseValidationError: %d\n  File "/app/x.py", line 3, in read\n    GET /x\n',
        "╭─ Traceback (most recent call last) ─╮\n│ /app/box.py:4 in box │\n╰──╯\nKeyError: %d\n".encode(),
    ]
)
HEADER, *FRAMES = TRACEBACK.splitlines(keepends=True)[:-1]
SHARED = HEADER + b"".join(FRAMES[:2]) * 3 + b"".join(FRAMES[2:])


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(ENDS, st.sampled_from([b"pay", b"cart"])), min_size=20, max_size=30))
def test_known_frames_mean_the_same_before_every_exception(ends: list[tuple[bytes, bytes]]) -> None:
    log = b"".join(HEADS[0] + SHARED % (b"app/" + name) + end % number for number, (end, name) in enumerate(ends))
    quick = read_scanned(log)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "find", lambda *_: None)
        patch.setattr("forge_doctor.logs.records.tracebacks.known_bodies.Memo.match", lambda *_: None)
        slow = read_scanned(log)
    assert quick.to_data() == slow.to_data()


def test_frames_are_parsed_once_however_their_exception_s_words_vary(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []
    match = FRAME.match

    class Counting:
        def match(self, line: str) -> re.Match[str] | None:
            parsed.append(1)
            return match(line)

    monkeypatch.setattr("forge_doctor.logs.records.tracebacks.traceback_text.FRAME", Counting())
    places_of.cache_clear()
    log = b"".join(HEADS[0] + SHARED % b"app/pay" + b"KeyError: 'colour %d'\n" % number for number in range(50))
    (group,) = read_scanned(log).groups.values()
    assert (group.count, place(group)) == (50, "/app/pay.py:7 pay")
    # For the last, behind which nothing comes, and once for all others.
    assert len(parsed) <= 2 * SHARED.count(b"File ")


def test_a_known_block_that_two_reads_share_counts_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    fed: list[bytes] = []
    feed = Reader.feed

    def feeding(self, region) -> None:
        fed.append(region.data)
        feed(self, region)

    monkeypatch.setattr(Reader, "feed", feeding)
    quiet = stamped(0, b"INFO [shop] all is well\n") * 60
    log = b"".join(stamped(number, HEADS[0] + TRACEBACK % b"app/pay") + quiet for number in range(99))
    (group,) = read_scanned(log, block_bytes=5_000).groups.values()
    assert group.count == 99
    assert not fed


def test_repeats_without_a_line_of_the_user_are_told_apart_by_route_each_with_its_first_as_the_example() -> None:
    body = TRACEBACK % b"usr/lib/python3.12/x"
    quiet = b"2026-11-22 08:00:00,000 INFO [shop] all is well\n" * 100
    log = quiet.join(
        b'2026-11-22 08:00:%02d,123 INFO [access] 10.0.0.1:1 - "GET /%s HTTP/1.1" 500\n'
        b"2026-11-22 08:00:%02d,124 ERROR [uvicorn.error] Exception in ASGI application\n%s"
        % (second, b"cart" if second > 5 and second % 2 else b"pay", second, body)
        for second in range(12)
    )
    groups = {next(iter(group.routes)): group for group in read_scanned(log).groups.values()}
    assert {route: group.count for route, group in groups.items()} == {"GET /pay": 9, "GET /cart": 3}
    assert {route: group.example[17:19] for route, group in groups.items()} == {"GET /pay": "00", "GET /cart": "07"}


CAUSE = b"\n\nThe above exception was the direct cause of the following exception:\n\n"
WORDS = st.sampled_from(
    [
        b"KeyError: 'colour %d'",
        b"ValueError: %d\n  of two lines\n\nand a third",
        b"shop.errors.OrderFailed",
        b"sqlalchemy.orm.exc.DetachedInstanceError: Instance <Order at 0x7f3a10%d> is not bound to a Session",
        b"sqlalchemy.exc.TimeoutError: QueuePool limit of size %d overflow 10 reached, connection timed out",
        b"sqlalchemy.exc.DBAPIError: deadlock detected\nDETAIL: 1%d\n[SQL: SELECT 'greenlet_spawn has not been called']",
        b"ConnectionRefusedError: [Errno 111] Connect call failed ('10.0.0.1', %d)",
        b"starlette.exceptions.HTTPException: %d: not found",
        b'fastapi.exceptions.ResponseValidationError: %d\n  File "/app/x.py", line 3, in read\n    GET /x',
        b"ExceptionGroup: unhandled errors in a TaskGroup (%d sub-exception)",
        b"INFO:     %d is no exception",
        b"no exception %d",
        b"",
    ]
)
LINKS = st.sampled_from([CAUSE] * 6 + [b"\n", b"\n\n", CAUSE + b"x\n", b"\nsomething else\n", b"\x1b[0m" + CAUSE])
VARYING_HEADS = (
    b"ERROR [shop] order %d failed\n",
    b"ERROR [shop] ValueError: order %d\n",
    b"ERROR [shop] deadlock detected in order %d\n",
    b"WARNING [shop] order %d is late\n",
    b"CRITICAL [gunicorn.error] WORKER TIMEOUT (pid:%d)\n",
    b"ERROR [shop] [pid 1%d] failed\n",
    b"ERROR [shop] database system is ready to accept connections\n",
)
CHAINS = st.tuples(
    st.sampled_from([*HEADS, *VARYING_HEADS]),
    st.lists(st.tuples(st.sampled_from([b"app/pay", b"app/cart", b"usr/x"]), WORDS, LINKS), min_size=1, max_size=3),
    st.sampled_from([b"\n"] * 6 + [b"\n[notes]\n", CAUSE, b"\nb | y\n", b'\n{"a": 1}\n', b"\n  + 1\n"]),
)


def chain(number: int, head: bytes, links: list[tuple[bytes, bytes, bytes]], end: bytes) -> bytes:
    """A record with a traceback for each link, their words with a number of their own."""
    texts = [SHARED % name + words.replace(b"%d", b"%d" % number) + link for name, words, link in links]
    return head.replace(b"%d", b"%d" % number) + b"".join(texts)[: -len(links[-1][2])] + end


def stamped(number: int, record: bytes) -> bytes:
    return b"2026-11-22 08:%02d:%02d,123 " % divmod(number % 3600, 60) + record


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.lists(CHAINS, min_size=2, max_size=6), st.booleans(), st.sampled_from([plain, docker, windows]), st.randoms())
def test_varying_words_come_to_what_reading_every_line_of_them_comes_to(kinds, timed, written, random) -> None:
    quiet = b"INFO [shop] all is well\n"
    records = [(chain(number, *random.choice(kinds)), quiet * random.choice([1, 120, 120])) for number in range(25)]
    log = b"".join(
        (stamped(number, record) if timed else record) + (stamped(number, calm) if timed else calm)
        for number, (record, calm) in enumerate(records)
    )
    log = written(log.splitlines(keepends=True))
    quick = read_scanned(log, block_bytes=4000 if timed else 1 << 20)
    assert quick.to_data() == read_every_line(log).to_data()


def read_every_line(log: bytes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "find", lambda *_: None)
        patch.setattr("forge_doctor.logs.records.tracebacks.known_bodies.Memo.match", lambda *_: None)
        return read_scanned(log, block_bytes=1 << 20)


def test_a_cut_chain_is_told_by_the_same_that_stood_whole_whichever_way_it_was_read() -> None:
    head, quiet = b"ERROR [shop] request failed\n", b"INFO [shop] all is well\n"
    refused = (b"app/cart", b"starlette.exceptions.HTTPException: %d: not found", CAUSE)
    failed = [(b"app/pay", b"KeyError: 'colour %d'", CAUSE), (b"app/pay", b"shop.errors.OrderFailed", CAUSE)]
    whole = [[failed[0]], [refused], [failed[1]], [refused]]
    cut = [(b"app/cart", b"shop.errors.OrderFailed", CAUSE), (b"app/cart", b"INFO:     %d is no exception", CAUSE)]
    records = [chain(number, head, links, b"\n") + quiet * 120 for number, links in enumerate(whole)]
    log = b"".join([*records, chain(8, head, cut, b"\n"), quiet, chain(9, head, [failed[0]], b"\n"), quiet])
    assert read_scanned(log, block_bytes=1 << 20).to_data() == read_every_line(log).to_data()


@pytest.mark.parametrize("written", [plain, docker])
@pytest.mark.parametrize(
    "words",
    [
        b"KeyError: 'colour %d'",
        b"sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; %d",
        b"sqlalchemy.orm.exc.DetachedInstanceError: Instance <Order at 0x7f3a10%d> is not bound to a Session",
        b"asyncpg.exceptions.DeadlockDetectedError: deadlock detected\nDETAIL: Process %d waits for ShareLock",
    ],
)
def test_a_chain_whose_words_vary_in_the_middle_is_judged_once(
    monkeypatch: pytest.MonkeyPatch, words: bytes, written
) -> None:
    judged: list[int] = []
    read = Recogniser.read

    def counting(self, *arguments):
        judged.append(1)
        return read(self, *arguments)

    monkeypatch.setattr(Recogniser, "read", counting)
    links = [(b"app/pay", words, CAUSE), (b"app/cart", b"shop.errors.OrderFailed: %d", b"\n")]
    head = b"ERROR [shop] order %d failed\n"
    quiet = stamped(0, b"INFO [shop] all is well\n") * 60
    log = b"".join(stamped(number, chain(number, head, links, b"\n")) + quiet for number in range(99))
    (group,) = read_scanned(written(log.splitlines(keepends=True))).groups.values()
    assert group.count == 99
    assert len(judged) < 5


def test_a_known_block_among_the_tests_that_passed_is_no_failure() -> None:
    record = stamped(1, HEADS[0] + TRACEBACK % b"app/pay")
    quiet = stamped(1, b"INFO [shop] all is well\n") * 100
    log = (record + quiet) * 5 + b"=================== PASSES ===================\n" + (quiet + record) * 5
    (group,) = read_scanned(log).groups.values()
    assert group.count == 5


CODE = st.sampled_from(
    [
        b"    order.total\n",
        b"    return await self.app(scope, receive, send)\n           ^^^^^^^^^^^^^^\n",
        b"    raise ValueError(order)\n",
        b"    raise ValueError(order)  shop.errors.Late: %d\n",
        b"    first(\n    second,\n    )\n",
        b'    path = "shop.py:3: in pay"\n',
        b'    File "/app/inner.py", line 3, in inner\n',
        b'    text = "Traceback (most recent call last):"\n',
        b"    raise X from None (most recent call first):\n",
        b"    | margin\n",
        b"    +-+---------------- 1 ----------------\n",
        b"    \n",
        b"    x = 1\r\n",
        b"         ERROR    by a handler\n",
        b"  [Previous line repeated 7 more times]\n",
        b"    x = '\xc3\xa9'\n",
        b"    \x1b[31mred\x1b[0m\n",
        b"\tx = 1\n",
        b"    Cell In[3], line 2\n",
        b"    x = 1\n2026-11-22 08:00:00,000 INFO [shop] in between\n",
        b"Traceback (most recent call last):\n",
        b"",
    ]
)
FILES = st.sampled_from(
    [b"/app/pay.py", b"/usr/lib/python3.12/asyncio/runners.py", b"/a b/c.py", b"<string>", b"/app/\xc3\xa9.py"]
)
NEW = st.lists(st.tuples(FILES, CODE), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NEW, WORDS), min_size=2, max_size=8), st.sampled_from([plain, windows]))
def test_frames_that_were_never_seen_come_to_what_reading_every_line_of_them_comes_to(kinds, written) -> None:
    quiet = b"2026-11-22 08:00:00,000 INFO [shop] all is well\n"
    records = []
    for number, (frames, words) in enumerate(kinds):
        traced = b"".join(
            b'  File "%b", line %d, in f%d\n%b' % (file, at, number, code) for at, (file, code) in enumerate(frames)
        )
        records.append(
            stamped(
                number, HEADS[0] + HEADER + traced + words.replace(b"%d", b"%d" % number) + b"\n" + quiet * (number % 3)
            )
        )
    log = written(b"".join(records).splitlines(keepends=True))
    assert read_scanned(log).to_data() == read_every_line(log).to_data()


def test_of_frames_that_were_never_seen_no_line_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    fed: list[bytes] = []
    monkeypatch.setattr(Reader, "feed", lambda _, region: fed.append(region.data))
    places = [b"app/pay_%d" % number for number in range(99)]
    log = b"".join(stamped(number, HEADS[0] + TRACEBACK % name) for number, name in enumerate(places))
    groups = read_scanned(log + stamped(99, b"INFO [shop] all is well\n")).groups
    assert sum(group.count for group in groups.values()) == len(groups) == 99
    assert not fed
