"""The margin of an exception's group is no part of a known carrier's prefix, also where most frames of a log stand behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.logs.collect import Task, collect
from forge_doctor.streams.sources.files import FileSource
from tests.support.log_reading import RULES, place

LEAF = """\
    | Traceback (most recent call last):
    |   File "/srv/images/scan.py", line 188, in scan_tag
    |     await session.execute(statement)
    |   File "/usr/lib/python3/dist-packages/asyncpg/prepared_stmt.py", line 176, in fetch
    |     data = await self.__bind_execute(args, 0, timeout)
    | asyncpg.exceptions.SerializationError: could not serialize access due to concurrent update
"""
LOG = (
    "".join(f"2026-11-22 08:00:{n:02},020 INFO [images] scanning tag {n}\n" for n in range(15))
    + "2026-11-22 08:01:00,020 ERROR [images] background task failed\n"
    + "  + Exception Group Traceback (most recent call last):\n"
    + '  |   File "/srv/images/scan.py", line 96, in rescan\n  |     async with asyncio.TaskGroup() as tasks:\n'
    + "  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)\n"
    + f"  +-+---------------- 1 ----------------\n{LEAF}    +---------------- 2 ----------------\n{LEAF}"
    + "    +------------------------------------\n"
)


@pytest.mark.parametrize(
    "carrier",
    [
        "{}",
        "> {}",
        "worker-1  | {}",
        "2026-11-22T08:00:00.000000000Z stderr F {}",
        "Nov 22 08:00:00 web-1 images[7]: {}",
    ],
)
def test_a_group_counts_once_in_every_carrier(carrier: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(carrier.format(line) + "\n" for line in LOG.splitlines()))
    found = collect(Task(source=FileSource(name="images", paths=(path,)), rules=RULES))
    assert not found.problem
    groups = [(one.signature, place(one), one.count) for one in found.summary.groups.values()]
    assert groups == [("serialization", "/srv/images/scan.py:188 scan_tag", 1)]


def test_it_is_read_in_a_quoted_block_of_code(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(f"> {line}\n" for line in f"We see this:\n\n```\n{LOG}```\nany idea?".split("\n")))
    found = collect(Task(source=FileSource(name="images", paths=(path,)), rules=RULES))
    assert not found.problem
    assert [(one.signature, one.count) for one in found.summary.groups.values()] == [("serialization", 1)]
