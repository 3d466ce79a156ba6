"""Tracebacks come back together whatever was done to them: interleaved, boxed, escaped, cut, chained, grouped."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.lane import Lane
from forge_doctor.logs.records.line_kind import Kind, kind_of
from forge_doctor.logs.records.tracebacks.traceback_text import parse_traces
from forge_doctor.streams.heads.line_head import read_head
from forge_doctor.streams.line import Line
from tests.support.log_reading import groups, place, read_scanned, read_whole, told

SITE = "/usr/local/lib/python3.12/site-packages"
LAZY = "sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_only() here."
POOL = "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00"
DIRECT = "The above exception was the direct cause of the following exception:"
DURING = "During handling of the above exception, another exception occurred:"


def traceback(
    file: str, line: int, function: str, message: str, code: str = "return x.y", library: str = "orm/attributes.py"
) -> str:
    frames = [
        f'  File "{SITE}/starlette/routing.py", line 73, in app\n    response = await f(request)',
        "               ^^^^^^^^^^^^^^^^",
        f'  File "{file}", line {line}, in {function}\n    {code}',
        f'  File "{SITE}/sqlalchemy/{library}", line 566, in __get__\n    raise error',
    ]
    return "\n".join(["Traceback (most recent call last):", *frames, message]) + "\n"


ONE = traceback("/app/billing.py", 7, "invoice", LAZY)
HEAD = "2026-11-22 08:00:00,123 ERROR [shop]"


def test_a_plain_traceback_names_the_innermost_user_frame():
    assert told("ERROR:    Exception in ASGI application\n" + ONE) == [
        ("missing-greenlet", "/app/billing.py:7 invoice", 1)
    ]


def test_of_four_workers_tracebacks_interleaved_line_by_line_no_wrong_line_is_blamed():
    blocks = [traceback(f"/app/part_{n}.py", 10 + n, f"step_{n}", LAZY if n % 2 else POOL) for n in range(4)]
    rows = zip(*(block.splitlines() for block in blocks), strict=True)
    mixed = "".join(line + "\n" for row in rows for line in row)
    found = told(mixed)
    assert {name for name, _, _ in found} == {"missing-greenlet", "pool-timeout"}
    assert sum(count for _, _, count in found) == 4
    places = {
        ("missing-greenlet" if n % 2 else "pool-timeout", f"/app/part_{n}.py:{10 + n} step_{n}") for n in range(4)
    }
    assert {(name, culprit) for name, culprit, _ in found if culprit is not None} <= places


@pytest.mark.parametrize("field_bytes", [100, 1_100, 8_000])
def test_a_long_traceback_keeps_its_culprit_however_long_journald_s_entries_are(field_bytes: int):
    frame = f'  File "{SITE}/sqlalchemy/x.py", line 3, in deep\n    return deep(x)\n           ^^^^^^^\n'
    quiet = "INFO:     all is well\n" * 30
    lines = (quiet + "ERROR:    Exception in ASGI application\n" + ONE.replace(LAZY, frame * 30 + LAZY)) * 2 + quiet
    fields = {"_CMDLINE": "x" * field_bytes, "SYSLOG_IDENTIFIER": "shop", "_PID": "7"}
    log = "".join(
        json.dumps({"__REALTIME_TIMESTAMP": str(1795334400000000 + number), **fields, "MESSAGE": line}) + "\n"
        for number, line in enumerate(lines.splitlines())
    )
    for block_bytes in (5_000, 4 << 20):
        (group,) = read_scanned(log.encode(), block_bytes=block_bytes).groups.values()
        assert (group.signature, place(group), group.count) == ("missing-greenlet", "/app/billing.py:7 invoice", 2)


def test_other_records_inside_a_traceback_do_not_cut_it():
    lines = ONE.splitlines()
    access = '2026-11-22 08:00:00,001 INFO [uvicorn.access] 10.0.0.1:5 - "GET /health HTTP/1.1" 200'
    log = "\n".join(
        ["2026-11-22 08:00:00,000 ERROR [app] failed", *lines[:4], access, *lines[4:6], access, *lines[6:], access]
    )
    assert told(log + "\n") == [("missing-greenlet", "/app/billing.py:7 invoice", 1)]


@pytest.mark.parametrize("joiner", [DIRECT, DURING])
def test_the_root_of_a_chain_is_the_problem_not_what_wraps_it(joiner):
    root = traceback(
        "/app/db.py",
        3,
        "fetch",
        "asyncpg.exceptions.DeadlockDetectedError: deadlock detected\nDETAIL:  Process 1 waits",
    )
    outer = traceback(
        "/app/api.py", 9, "pay", "sqlalchemy.exc.DBAPIError: (asyncpg.Error) deadlock detected\n[SQL: UPDATE x]"
    )
    assert told(f"{root}\n{joiner}\n\n{outer}") == [("deadlock", "/app/db.py:3 fetch", 1)]


@pytest.mark.parametrize(
    ("said", "raised", "seen"),
    [
        ("ValueError: bad 3", "ValueError: bad 3", "ValueError"),
        ("KeyError: 'x'", "shop.errors.OrderError", "shop.errors.OrderError"),
        (LAZY, LAZY, "missing-greenlet"),
    ],
)
def test_an_exception_that_the_record_names_before_its_traceback_counts_once(said: str, raised: str, seen: str):
    log = f'{HEAD} {said}\nTraceback (most recent call last):\n  File "/app/x.py", line 3, in f\n    g()\n{raised}\n'
    assert told(log) == [(seen, "/app/x.py:3 f", 1)]


def test_what_one_line_names_is_not_what_the_next_one_does():
    lines = ("ValueError: a", "KeyError: b", "nothing much", "shop.errors.OrderError: c", "KeyError: d")
    seen = told("".join(f"{HEAD} {line}\n" for line in lines))
    others = [("", None, 1), ("ValueError", None, 1), ("shop.errors.OrderError", None, 1)]
    assert seen == [("KeyError", None, 2), *others]


def test_a_root_without_user_frames_is_blamed_on_the_nearest_section_that_has_one():
    root = ONE.replace("/app/billing.py", f"{SITE}/asyncpg/pool.py")
    outer = traceback("/app/api.py", 9, "pay", "RuntimeError: no luck")
    assert told(f"{root}\n{DIRECT}\n\n{outer}") == [("missing-greenlet", "/app/api.py:9 pay", 1)]


GROUP = f"""  + Exception Group Traceback (most recent call last):
  |   File "/app/main.py", line 18, in refresh
  |     async with asyncio.TaskGroup() as group:
  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/app/fan.py", line 13, in one
    |     await session.execute(q)
    | {POOL}
    | a note: while refreshing
    +---------------- 2 ----------------
    | Traceback (most recent call last):
    |   File "/app/fan.py", line 20, in two
    |     return order.total
    | {LAZY}
    +------------------------------------
"""


def test_every_leaf_of_an_exception_group_is_a_problem_and_the_group_is_none():
    assert sorted(told("ERROR:    Exception in ASGI application\n" + GROUP)) == [
        ("missing-greenlet", "/app/fan.py:20 two", 1),
        ("pool-timeout", "/app/fan.py:13 one", 1),
    ]


def test_notes_carets_and_repeated_lines_belong_to_their_section():
    text = (
        ONE.replace("    raise error", "    raise error\n    ^^^^^^^^^^^\n  [Previous line repeated 996 more times]")
        + "first note\nsecond note\n"
    )
    (trace,) = parse_traces(text.splitlines())
    assert [len(section.frames) for section in trace] == [3]
    assert trace[0].message.endswith("first note\nsecond note")


def test_a_traceback_whose_head_is_lost_still_counts():
    assert told("".join(ONE.splitlines(keepends=True)[3:])) == [("missing-greenlet", "/app/billing.py:7 invoice", 1)]


@pytest.mark.parametrize(
    "record",
    [
        {"level": "ERROR", "message": "Exception in ASGI application", "exc_info": ONE},
        {"severity": "ERROR", "message": "Exception in ASGI application\n\n" + ONE},
        {"event": "failed", "level": "error", "exception": ONE},
        {"log.level": "error", "message": "failed", "error": {"type": "MissingGreenlet", "stack_trace": ONE}},
        {
            "text": f"failed\n{ONE}",
            "record": {"level": {"name": "ERROR"}, "message": "failed", "exception": {"type": "x"}},
        },
        {
            "log_level": "ERROR",
            "errorMessage": LAZY.partition(": ")[2],
            "errorType": LAZY.partition(": ")[0],
            "stackTrace": ONE.partition("\n")[2].split("\n")[:-2],
        },
        {
            "error": {
                "exception": [
                    {
                        "type": "MissingGreenlet",
                        "message": LAZY.partition(": ")[2],
                        "stacktrace": [
                            {"abs_path": f"{SITE}/sqlalchemy/orm/attributes.py", "line": {"number": 566}},
                            {
                                "abs_path": "/app/billing.py",
                                "line": {"number": 7, "context": "x.y"},
                                "function": "invoice",
                            },
                            {"abs_path": "/app/main.py", "line": {"number": 1}, "function": "main"},
                        ],
                    }
                ]
            },
        },
        {
            "level": "error",
            "body": {
                "trace_chain": [
                    {
                        "exception": {"class": "MissingGreenlet", "message": LAZY.partition(": ")[2]},
                        "frames": [
                            {"filename": "/app/main.py", "lineno": 1, "method": "main"},
                            {"filename": "/app/billing.py", "lineno": 7, "method": "invoice", "code": "x.y"},
                            {"filename": f"{SITE}/sqlalchemy/orm/attributes.py", "lineno": 566, "method": "__get__"},
                        ],
                    }
                ]
            },
        },
        {
            "severity_text": "ERROR",
            "body": "failed",
            "attributes": {
                "exception.type": "MissingGreenlet",
                "exception.message": LAZY.partition(": ")[2],
                "exception.stacktrace": ONE,
            },
        },
        {
            "event": "failed",
            "level": "error",
            "exception": [
                {
                    "exc_type": "MissingGreenlet",
                    "exc_value": LAZY.partition(": ")[2],
                    "frames": [
                        {"filename": "/app/billing.py", "lineno": 7, "name": "invoice", "line": "return x.y"},
                        {"filename": f"{SITE}/sqlalchemy/orm/attributes.py", "lineno": 566, "name": "__get__"},
                    ],
                }
            ],
        },
    ],
    ids=[
        "json-logger",
        "gcp",
        "structlog",
        "ecs",
        "loguru",
        "lambda",
        "elastic-apm",
        "rollbar",
        "opentelemetry",
        "structlog-frames",
    ],
)
def test_a_traceback_inside_json_is_read_like_a_plain_one(record):
    assert told(json.dumps(record) + "\n") == [("missing-greenlet", "/app/billing.py:7 invoice", 1)]


def test_a_json_line_cut_at_16_kib_still_gives_its_problem():
    whole = json.dumps({"level": "ERROR", "message": "x", "exc_info": ONE, "more": "y" * 9000})
    assert told(whole[: len(whole) - 5000] + "\n") == [("missing-greenlet", "/app/billing.py:7 invoice", 1)]


def test_docker_s_pieces_of_a_long_line_are_joined():
    line = json.dumps({"level": "ERROR", "message": "x", "pad": "y" * 20_000, "exc_info": ONE}) + "\n"
    pieces = [line[:16384], line[16384:]]
    log = "".join(
        json.dumps({"log": one, "stream": "stderr", "time": "2026-11-22T08:00:00.1Z"}) + "\n" for one in pieces
    )
    assert told(log) == [("missing-greenlet", "/app/billing.py:7 invoice", 1)]


def test_the_same_error_at_two_lines_is_two_problems_and_from_two_workers_one():
    def record(worker: int, line: int) -> str:
        return f"[2026-11-22 08:00:00 +0000] [{worker}] [ERROR] failed\n" + ONE.replace("line 7", f"line {line}")

    log = record(11, 7) + record(12, 7) + record(12, 8)
    assert told(log) == [
        ("missing-greenlet", "/app/billing.py:7 invoice", 2),
        ("missing-greenlet", "/app/billing.py:8 invoice", 1),
    ]
    assert groups(log)[0].workers == {"11", "12"}


PIECES = [
    *ONE.splitlines(),
    *GROUP.splitlines(),
    DIRECT,
    "",
    "2026-11-22 08:00:00,000 ERROR [app] failed",
    "INFO:     x",
    '{"level": "ERROR", "message": "x", "exc_info": "Traceback (most recent call last):\\n  File',
    "╭── Traceback (most recent call last) ──╮",
    "│ /app/x.py:3 in f │",
    "\x1b[31mERROR\x1b[0m:    Exception in ASGI application",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=30).filter(lambda text: "\n" not in text), max_size=60))
@settings(max_examples=150, deadline=None)
def test_a_lane_loses_no_line_and_gives_none_twice(texts):
    lane, closed, heads = Lane(), [], 0
    for number, text in enumerate(texts):
        raw = text.encode("utf-8", "surrogatepass")
        head = read_head(raw)
        line = Line(text=raw)
        if head is None:
            closed += lane.go_on(line, number, number)
        else:
            heads += 1
            closed += lane.begin(Block(line=line, head=head, offset=number, touched=number))
    closed += lane.close()
    taken = [raw for block in closed for raw in block.lines] + [
        block.line.text for block in closed if block.head is not None
    ]
    # Code below a frame may have got its indentation back.
    given_in = [text.encode("utf-8", "surrogatepass") for text in texts]
    kept, written = (Counter(raw.lstrip() for raw in lines) for lines in (taken, given_in))
    assert not kept - written
    # What may go on with the words of either of two tracebacks comes to neither, be it a word that may be an exception's name.
    missing = [raw for raw in given_in if raw.lstrip() in written - kept]
    lost = {kind_of(raw) for raw in missing if kind_of(raw) is not Kind.EXCEPTION or b":" in raw}
    assert lost <= {Kind.OTHER, Kind.BLANK, Kind.SOURCE}
    assert not missing or sum(kind_of(raw) is Kind.HEADER for raw in given_in) > 1
    assert sum(block.head is not None for block in closed) == heads


@given(
    st.lists(st.sampled_from([piece.encode() for piece in PIECES]) | st.binary(max_size=40), max_size=80),
    st.integers(1, 4000),
)
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_and_regions_give_what_the_whole_gives(lines, block_bytes):
    data = b"\n".join(lines) + b"\n"
    assert read_scanned(data, block_bytes=block_bytes).to_data() == read_whole(data).to_data()


@pytest.mark.parametrize(
    "glued",
    [
        "raise exc.TimeoutError(sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out",
        "raise error from None          sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out",
    ],
)
def test_an_exception_is_known_on_the_line_that_raised_it_where_a_line_end_was_lost(glued: str):
    text = f'ERROR: failed\nTraceback (most recent call last):\n  File "/app/shop.py", line 3, in pay\n    {glued}\nINFO: served\n'
    assert told(text) == [("pool-timeout", "/app/shop.py:3 pay", 1)]


def test_a_line_of_code_that_only_quotes_an_exception_is_none():
    text = (
        'ERROR: failed\nTraceback (most recent call last):\n  File "/app/shop.py", line 3, in pay\n'
        '    raise ValueError("a sqlalchemy.exc.TimeoutError: QueuePool limit")\nValueError: a message\n'
    )
    assert told(text) == [("ValueError", "/app/shop.py:3 pay", 1)]
