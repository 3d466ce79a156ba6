"""A console's table pasted into an issue gives the same problems as the log itself; a log with bars of its own is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.logs.collect import Task, collect
from forge_doctor.streams.carriers.copied.pasted_rows import has_pasted_rows, without_bars
from forge_doctor.streams.sources.files import FileSource
from tests.support.log_reading import RULES, place

TRACE = """\
2026-11-22 08:04:57,741 ERROR exception: Internal Server Error: /api/v1/search/
Traceback (most recent call last):
  File "/usr/share/hub/api/search.py", line 35, in load
    expire_date__gt=timezone.now()
  File "/usr/lib/python3/dist-packages/psycopg2/__init__.py", line 130, in connect
    conn = _connect(dsn, connection_factory=connection_factory, **kwasync)
psycopg2.OperationalError: FATAL:  remaining connection slots are reserved for non-replication superuser connections
"""


def pasted(record: str, stripped: bool) -> str:
    first, *rest = record.splitlines()
    return f"{first}\n--\n" + "".join(f"  | {line.strip() if stripped else line}\n" for line in rest)


@pytest.mark.parametrize("stripped", [False, True])
@pytest.mark.parametrize("records", [1, 3])
def test_each_record_is_read(records: int, stripped: bool, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(pasted(TRACE.replace(":57", f":{57 - n}"), stripped) for n in range(records)))
    found = collect(Task(source=FileSource(name="hub", paths=(path,)), rules=RULES))
    groups = [(one.signature, place(one), one.count) for one in found.summary.groups.values()]
    assert groups == [("slots-reserved", "/usr/share/hub/api/search.py:35 load", records)]


@pytest.mark.parametrize(
    "log",
    [
        TRACE,
        '  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 1, in f\n  | ExceptionGroup: x\n',
        'one\n--\ntwo\n  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 1, in f\n',
        "  | begins with a bar\n--\n  | goes on\n",
        "--\n",
        "",
    ],
)
def test_others_are_left_alone(log: str) -> None:
    assert not has_pasted_rows(log.encode().splitlines(keepends=True))


def test_blank_rows_stay() -> None:
    assert list(without_bars([b"a\n", b"--\n", b"  | b\n", b"  |\n", b"  |   c\n"])) == [
        b"a\n",
        b"b\n",
        b"\n",
        b"  c\n",
    ]
