"""Every container's prefix comes off, and every program's head is read, line by line, mixed in one stream."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forge_doctor.streams.carriers.line_format import Unwrapper
from forge_doctor.streams.heads.line_head import Heads, read_head
from forge_doctor.streams.times.clock import iso, parse_stamp
from tests.support.log_reading import REFERENCE, groups, read_scanned, told

AT = parse_stamp("2026-11-22T08:33:56Z")
SAID = b'  File "/app/x.py", line 1, in f'
PREFIXED = [
    (b"2026-11-22T08:33:56.000000000Z " + SAID, "", "", AT),
    (b"2026-11-22T09:33:56.000000000+01:00 " + SAID, "", "", AT),
    (b"2026-11-22T08:33:56Z " + SAID, "", "", AT),
    (b"2026-11-22T08:33:56.000000000Z stderr F " + SAID, "", "", AT),
    (b"\xef\xbb\xbfapi-1  | " + SAID, "api-1", "", None),
    (b"api-1  | " + SAID, "api-1", "", None),
    (b"\x1b[36mapi-1  | \x1b[0m" + SAID, "api-1", "", None),
    (b"api-1 | 2026-11-22T08:33:56.000000000Z " + SAID, "api-1", "", AT),
    (b"[pod/shop-7f9/api] " + SAID, "shop-7f9/api", "", None),
    (b"[pod/shop-7f9/api] 2026-11-22T08:33:56.000000000Z " + SAID, "shop-7f9/api", "", AT),
    (b"Nov 22 08:33:56 web-01 shop[4242]: " + SAID, "shop", "4242", AT),
    (b"<30>Nov 22 08:33:56 web-01 shop[4242]: " + SAID, "shop", "4242", AT),
    (b"2026-11-22T08:33:56+0000 web-01 shop[4242]: " + SAID, "shop", "4242", AT),
    (b"Sun 2026-11-22 08:33:56 UTC web-01 shop[4242]: " + SAID, "shop", "4242", AT),
    (b"Sun 2026-11-22 09:33:56 CET web-01 shop[4242]: " + SAID, "shop", "4242", AT),
    (b"1795336436.000000 web-01 shop[4242]: " + SAID, "shop", "4242", AT),
    (b"<165>1 2026-11-22T08:33:56Z web-01 shop 4242 - - " + SAID, "shop", "4242", AT),
    (
        json.dumps({"log": SAID.decode() + "\n", "stream": "stderr", "time": "2026-11-22T08:33:56Z"}).encode(),
        "",
        "",
        AT,
    ),
    (
        json.dumps(
            {
                "MESSAGE": SAID.decode(),
                "_PID": "4242",
                "SYSLOG_IDENTIFIER": "shop",
                "__REALTIME_TIMESTAMP": "1795336436000000",
            }
        ).encode(),
        "shop",
        "4242",
        AT,
    ),
]


def test_journald_s_arrays_of_bytes_are_text():
    lines = ["\x1b[31mERROR: FATAL: sorry, too many clients already\x1b[0m", "fine \x1b[32mgreen\x1b[0m"]
    entries = [
        {"__REALTIME_TIMESTAMP": "1795336436000000", "SYSLOG_IDENTIFIER": "shop", "MESSAGE": list(line.encode())}
        for line in lines
    ]
    log = "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)
    (group,) = read_scanned(log.encode()).groups.values()
    assert (group.signature, group.count, group.first) == ("too-many-clients", 1, AT)


@pytest.mark.parametrize(("raw", "service", "worker", "at"), PREFIXED)
def test_a_container_s_prefix_comes_off(raw, service, worker, at):
    line = Unwrapper(REFERENCE).line(raw + b"\r\n")
    assert (line.text, line.service, line.worker, line.at) == (SAID, service, worker, at)


def test_a_cri_line_says_that_its_rest_comes_later():
    assert Unwrapper().line(b"2026-11-22T08:33:56.1Z stdout P abc").partial
    assert not Unwrapper().line(b"2026-11-22T08:33:56.1Z stdout F abc").partial


def test_a_stamp_without_a_year_is_in_the_year_before_the_reference():
    january = parse_stamp("2026-01-02T00:00:00Z")
    line = Unwrapper(january).line(b"Dec 31 23:59:58 web-01 shop[1]: x")
    assert iso(line.at) == "2025-12-31T23:59:58.000Z"
    assert Unwrapper(None).line(b"Dec 31 23:59:58 web-01 shop[1]: x").at is None


HEADS = [
    (b"2026-11-22 08:33:56,000 ERROR    [shop.api] failed", 40, True, "app", "failed"),
    (b"ERROR:    Exception in ASGI application", 40, False, "app", "Exception in ASGI application"),
    (b"ERROR:shop.api:failed", 40, False, "app", "failed"),
    (
        b"[2026-11-22 08:33:56 +0000] [17] [CRITICAL] WORKER TIMEOUT (pid:18)",
        50,
        True,
        "app",
        "WORKER TIMEOUT (pid:18)",
    ),
    (b"2026-11-22 08:33:56.000 | ERROR    | shop.api:pay:12 - failed", 40, True, "app", None),
    (b"2026-11-22T08:33:56.000000Z [error    ] failed   order=7", 40, True, "app", "failed   order=7"),
    (b'{"timestamp": "2026-11-22T08:33:56Z", "level": "error", "event": "failed"}', 40, True, "app", "failed"),
    (b'{"severity": "ERROR", "message": "failed", "time": "2026-11-22T08:33:56+00:00"}', 40, True, "app", "failed"),
    (
        b'{"@timestamp": "2026-11-22T08:33:56.000Z", "log.level": "error", "message": "failed"}',
        40,
        True,
        "app",
        "failed",
    ),
    (b'time="2026-11-22T08:33:56+0000" level=ERROR message="failed"', 40, True, "app", "failed"),
    (b"2026-11-22 08:33:56.000 UTC [17] app@app FATAL:  sorry", 50, True, "postgresql", "sorry"),
    (b"2026-11-22 08:33:56.000 GMT [17] LOG:  ready", 20, True, "postgresql", "ready"),
    (
        (
            b'2026-11-22 08:33:56.000 UTC,"app","app",17,"[local]",6,1,"idle",2026-11-22 08:00:00 UTC,3/0,0,FATAL'
            b',25P03,"sorry",,,,,,,,,"",""'
        ),
        50,
        True,
        "postgresql",
        "sorry",
    ),
    (
        (
            b'{"timestamp":"2026-11-22 08:33:56.000 UTC","pid":17,"error_severity":"FATAL",'
            b'"state_code":"25P03","message":"sorry"}'
        ),
        50,
        True,
        "postgresql",
        "sorry",
    ),
    (
        b"2026-11-22 08:33:56.000 UTC [17] LOG C-0x55: app/app@10.0.0.1:5 closing because: x",
        20,
        True,
        "pgbouncer",
        None,
    ),
]


@pytest.mark.parametrize(("text", "level", "timed", "origin", "message"), HEADS)
def test_a_program_s_head_is_read(text, level, timed, origin, message):
    head = read_head(text)
    assert head is not None
    assert (head.level, head.origin, head.at) == (level, origin, AT if timed else None)
    if message is not None:
        assert head.message.decode() == message


def test_a_python_warning_is_a_head_with_its_place():
    head = read_head(b"/app/crud.py:10: RuntimeWarning: coroutine 'AsyncSession.commit' was never awaited")
    assert head is not None
    assert head.warned == ("/app/crud.py", 10)


@pytest.mark.parametrize(
    "text", [SAID, b"    return x", b"KeyError: 'x'", b"", b"\tat", b"Traceback (most recent call last):"]
)
def test_a_line_that_continues_has_no_head(text):
    assert read_head(text) is None


def test_one_stream_may_mix_all_formats():
    lazy = "greenlet_spawn has not been called; can't call await_only() here"
    lines = [
        f"2026-11-22 08:00:00,000 ERROR [shop] {lazy}",
        f"ERROR:    {lazy}",
        f'{{"level": "error", "event": "{lazy}"}}',
        f"api-1 | [2026-11-22 08:00:00 +0000] [7] [ERROR] {lazy}",
        f"Nov 22 08:00:00 web shop[7]: ERROR:shop:{lazy}",
        f'2026-11-22T08:00:00.000000000Z stderr F {{"severity": "ERROR", "message": "{lazy}"}}',
    ]
    assert told("\n".join(lines) + "\n") == [("missing-greenlet", None, 6)]


def test_the_zone_of_a_stamp_counts():
    stamps = [
        "2026-11-22 09:33:56+01:00",
        "2026-11-22 08:33:56 UTC",
        "2026-11-22T08:33:56Z",
        "2026-11-22 03:33:56 EST",
        "1795336436",
        "1795336436000",
    ]
    assert {parse_stamp(stamp) for stamp in stamps} == {AT}
    assert parse_stamp("2026-11-22 09:33:56", zone_s=3600) == AT
    assert parse_stamp("2026-13-45 00:00:00") is None


STAMPED = st.from_regex(
    rb"\A\[?20[12][0-9][-/][01][0-9][-/][0-3][0-9][T ][012][0-9]:[0-5][0-9]:[0-6][0-9]([.,][0-9]{1,9})?"
    rb"( ?(Z|[+-]0[0-9]:?00|UTC|CET|EST5))?\]?[ |,:-]{0,3}[0-9A-Z ]{0,12}\Z",
)


# Lines out of an expression come slowly on a loaded machine.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(STAMPED, min_size=1, max_size=3), st.sampled_from([0.0, 7200.0]))
def test_a_time_is_the_same_whether_a_line_of_its_shape_was_seen_before(lines: list[bytes], zone_s: float):
    heads = Heads(zone_s)
    for line in lines:
        written = [line, line.translate(bytes.maketrans(b"3456789", b"0123012"))] * 2
        assert [heads.stamp(one) for one in written] == [Heads(zone_s).stamp(one) for one in written]


def test_lines_that_an_issue_has_each_in_quotes_of_code_are_taken_out_of_them():
    line = (
        "2026-06-26 06:31:43 UTC [10475-4] app@shop LOG:  unexpected EOF on client connection with an open transaction"
    )
    (plain,), (quoted,) = groups(line + "\n"), groups(f"`{line}`\n")
    assert (quoted.signature, quoted.count, quoted.first) == (plain.signature, plain.count, plain.first)
    assert plain.signature == "server-unexpected-eof"
