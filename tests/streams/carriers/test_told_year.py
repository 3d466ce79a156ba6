"""A prefix without a year has that of the records behind it, where they agree on all else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from forge_doctor.logs.collect import Task, collect
from forge_doctor.streams.carriers.told_year import told_year
from forge_doctor.streams.sources.files import FileSource
from forge_doctor.streams.times.clock import parse_stamp
from tests.support.log_reading import REFERENCE, RULES

QUIET = "Aug 18 12:37:{n:02} web app[7]:  [2015-08-18 {hour}:37:{n:02},222: INFO/MainProcess] done\n"
LOUD = "Aug 18 12:38:01 web app[7]:  FATAL: sorry, too many clients already\n"


@pytest.mark.parametrize("hour", [10, 12, 17])
def test_the_records_tell_it(hour: int, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(QUIET.format(n=n, hour=hour) for n in range(20)) + LOUD)
    os.utime(path, (REFERENCE or 0, REFERENCE or 0))
    found = collect(Task(source=FileSource(name="app", paths=(path,)), rules=RULES))
    assert [one.first for one in found.summary.groups.values()] == [parse_stamp("2015-08-18T12:38:01Z")]


@pytest.mark.parametrize(
    "line",
    [
        "Aug 18 12:37:30 web app[7]: paid for the order of 2015-08-18 09:11:02\n",
        "Aug 18 12:37:30 web app[7]: born 2015-03-18 12:37:30\n",
        "Aug 18 12:37:30 web app[7]: until 2031-08-18 12:37:30\n",
        "2015-08-18 12:37:30 Aug 18 12:37:30\n",
        "",
    ],
)
def test_another_time_in_the_words_tells_nothing(line: str) -> None:
    assert told_year(line.encode(), REFERENCE or 0, 0.0) is None
