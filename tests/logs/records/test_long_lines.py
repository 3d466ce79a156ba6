"""A line of any length in a record changes nothing of what the record comes to, whatever carries it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from forge_doctor.logs.collect import Task, collect
from forge_doctor.streams.sources.files import FileSource
from tests.support.log_bytes import cri_pieces, docker_pieces
from tests.support.log_reading import RULES

TRACEBACK = """Traceback (most recent call last):
  File "/usr/local/lib/python3.12/site-packages/starlette/routing.py", line 715, in __call__
    await self.middleware_stack(scope, receive, send)
  File "/app/shop/orders.py", line 38, in place
    await session.execute(stmt)
"""
VIOLATED = 'asyncpg.exceptions.UniqueViolationError: duplicate key value violates unique constraint "orders_pkey"'
RECORDS = {
    "in the head": "could not store {long}\n" + TRACEBACK + VIOLATED,
    "as code": "failed\n" + TRACEBACK + "    {long}\n" + VIOLATED,
    "between frames": "failed\n"
    + TRACEBACK
    + '    data = "{long}"\n  File "/app/db.py", line 7, in add\n    go()\n'
    + VIOLATED,
    "of another exception": "failed\n"
    + TRACEBACK
    + "ValueError: {long}\n\nDuring handling of the above exception, another exception occurred:\n\n"
    + TRACEBACK
    + VIOLATED,
    "as words": "failed\n" + TRACEBACK + VIOLATED + " {long}\nDETAIL:  Key (id)=(1) already exists.",
}


def plain(log: str) -> str:
    return log


def prefixed(log: str) -> str:
    lines = enumerate(log.splitlines())
    return "".join(f"2026-11-22 08:{number // 60:02}:{number % 60:02} shop-7f9c web {line}\n" for number, line in lines)


def docker(log: str) -> str:
    return docker_pieces(log.splitlines()).decode()


def cri(log: str) -> str:
    return cri_pieces(log.splitlines()).decode()


def escaped(log: str) -> str:
    return docker(log.replace("word ", '"\\t\\'))


def as_json(log: str) -> str:
    return "".join(json.dumps({"time": "2026-11-22T08:00:00Z", "message": line}) + "\n" for line in log.splitlines())


@pytest.mark.parametrize("carrier", [plain, prefixed, as_json, docker, cri, escaped])
@pytest.mark.parametrize("record", RECORDS)
def test_a_record_with_a_long_line_is_read_as_one_with_a_short_line(
    tmp_path: Path, record: str, carrier: Callable[[str], str]
) -> None:
    def told(size: int) -> tuple[object, str]:
        written = RECORDS[record].replace("{long}", "word " * (size // 5))
        lines = [
            f"2026-11-22 08:00:0{at} INFO [shop] ok\n2026-11-22 08:00:0{at} ERROR [shop] {written}\n" for at in range(3)
        ]
        path = tmp_path / f"{size}.log"
        path.write_text(carrier("".join(lines)))
        found = collect(Task(source=FileSource(name="shop", paths=(path,)), rules=RULES))
        return [(key[:3], group.count) for key, group in sorted(found.summary.groups.items())], found.problem

    short = told(100)
    assert short[1] == ""
    assert str(short[0]).count("unique-violation") == 1
    for size in (80_000, 200_000, 300_000, 1_500_000):
        assert told(size) == short
