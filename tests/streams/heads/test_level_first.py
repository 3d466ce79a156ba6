"""Records whose level comes first, or is a letter, or is coloured, give their errors as all others do."""

from __future__ import annotations

import json

import pytest

from forge_doctor.streams.heads.line_head import read_head
from tests.support.log_reading import read_scanned, told

AT = 1795334401.0  # 2026-11-22T08:00:01Z
UUID = "5f1b0c3a-1111-4222-8333-0123456789ab"
TIMED = {
    "Django's documentation": lambda level, said: f"{level} 2026-11-22 08:00:01,000 orders 41 140021 {said}",
    "the level padded": lambda level, said: f"{level:8} 2026-11-22 08:00:01 {said}",
    "AWS Lambda": lambda level, said: f"[{level}]\t2026-11-22T08:00:01.000Z\t{UUID}\t{said}",
    "the level in brackets": lambda level, said: f"[{level}] 2026-11-22 08:00:01 {said}",
    "Sanic": lambda level, said: f"Srv 0 2026-11-22 08:00:01 +0000 {level}: {said}",
    "Sanic's main process": lambda level, said: f"Main  2026-11-22 08:00:01 +0000 {level}: {said}",
    "Sanic's tracebacks": lambda level, said: f"╭ Srv 0 2026-11-22 08:00:01 +0000 {level}: {said}",
    "Tornado": lambda level, said: f"[{level[0]} 261122 08:00:01 web:2239] {said}",
    "Jupyter": lambda level, said: f"[{level[0]} 2026-11-22 08:00:01.000 ServerApp] {said}",
}
OTHERS = {
    "structlog's colours": lambda level, said: (
        f"\x1b[2m2026-11-22T08:00:01Z\x1b[0m [\x1b[31m\x1b[1m{level.lower():9}\x1b[0m] \x1b[1m{said}\x1b[0m"
    ),
    "structlog's pairs": lambda level, said: f"event={said!r} level={level.lower()!r} timestamp='2026-11-22T08:00:01Z'",
    "logfmt": lambda level, said: f'ts=2026-11-22T08:00:01Z level={level.lower()} msg="{said}"',
    "bunyan": lambda level, said: json.dumps({"level": {"INFO": 30, "ERROR": 50, "CRITICAL": 60}[level], "msg": said}),
    "CLEF": lambda level, said: json.dumps(
        {
            "@t": "2026-11-22T08:00:01Z",
            "@l": {"INFO": "Information", "CRITICAL": "Fatal"}.get(level, "Error"),
            "@m": said,
        }
    ),
}
FORMS = TIMED | OTHERS


@pytest.mark.parametrize("form", TIMED)
@pytest.mark.parametrize(("level", "number"), [("INFO", 20), ("ERROR", 40), ("CRITICAL", 50)])
def test_level_time_and_words_are_read(form: str, level: str, number: int) -> None:
    head = read_head(TIMED[form](level, "order 7 failed").encode())
    assert head is not None
    assert (head.level, head.at, head.message) == (number, AT, b"order 7 failed")


def test_glog_has_a_level_and_no_year() -> None:
    head = read_head(b"E1122 08:00:01.000123      41 orders.py:14] order 7 failed")
    assert head is not None
    assert (head.level, head.at, head.message) == (40, None, b"order 7 failed")


@pytest.mark.parametrize("form", FORMS)
def test_errors_nobody_knows_are_counted_by_their_words(form: str) -> None:
    written = FORMS[form]
    lines = []
    for number in range(40):
        lines.append(written("INFO", f"order {number} stored"))
        if number % 10 == 3:
            lines.append(written("ERROR", f"no stock left for order {number}"))
        if number == 20:
            lines.append(written("CRITICAL", "the mail relay gave up"))
    found = read_scanned(("\n".join(lines) + "\n").encode()).groups.values()
    assert sorted((group.count, group.message.split(" for ")[0]) for group in found) == [
        (1, "the mail relay gave up"),
        (4, "no stock left"),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_each_record_with_a_known_fault_counts_once(form: str) -> None:
    line = FORMS[form]("ERROR", "order 7 failed: (sqlite3.OperationalError) database is locked")
    assert told("\n".join([line, FORMS[form]("INFO", "stored"), line, line]) + "\n") == [("sqlite-locked", None, 3)]


@pytest.mark.parametrize(
    "text",
    [
        b"Order 7 2026-11-22 08:00:01 was stored",
        b"ERROR 404 was answered",
        b"[E] nothing",
        b"E404 for 12:00",
        b"[I 26 rows]",
        b"INFO 2026 orders were kept",
    ],
)
def test_what_only_looks_like_one_is_no_head_with_a_time(text: bytes) -> None:
    head = read_head(text)
    assert head is None or head.at is None
