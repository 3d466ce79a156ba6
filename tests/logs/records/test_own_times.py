"""An event has the time of its own lines: not that of an older record above them, nor none."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from forge_doctor.logs.problems.group import Group
from forge_doctor.streams.times.clock import parse_stamp
from tests.streams.carriers.test_carriers import read

TRACE = (
    "Traceback (most recent call last):",
    '  File "/app/dags/load.py", line 41, in load',
    "    session.execute(query)",
    "asyncpg.exceptions.DeadlockDetectedError: deadlock detected",
)


def told(text: str, tmp_path: Path) -> list[Group]:
    return list(read(tmp_path / "app.log", text.encode()).summary.groups.values())


@pytest.mark.parametrize(("after", "at"), [(34, "09:00:39"), (4, "09:00:09")])
def test_a_traceback_long_after_the_record_above_it_is_an_event_of_its_own(after: int, at: str, tmp_path: Path) -> None:
    lines = "".join(f"[2026-05-10 09:00:{5 + after:02d},000] {{runner.py:9}} INFO - Subtask {line}\n" for line in TRACE)
    (group,) = told(
        "[2026-05-10 09:00:05,000] {task.py:5} INFO - All met for <Task: load 2026-05-09T00:00:00+00:00>\n" + lines,
        tmp_path,
    )
    assert group.first == parse_stamp(f"2026-05-10T{at}Z")


def test_a_record_in_another_zone_than_its_carrier_keeps_its_traceback(tmp_path: Path) -> None:
    lines = ("2026-05-10 11:00:05,000 ERROR app failed: deadlock detected", *TRACE)
    stamped = "".join(f"2026-05-10T09:00:05.{number:09d}Z {line}\n" for number, line in enumerate(lines))
    (group,) = told(stamped, tmp_path)
    assert (group.count, group.culprit and group.culprit.line) == (1, 41)


def test_a_head_behind_a_blank_has_a_time(tmp_path: Path) -> None:
    heads = " 2026-05-10T09:00:05Z |   ERROR |   shop.orders |   run: 390 | failed\n"
    (group,) = told(heads + "\n".join(TRACE) + "\n", tmp_path)
    assert group.first == parse_stamp("2026-05-10T09:00:05Z")


@pytest.mark.parametrize("form", ["json", "nested", "csv"])
def test_a_server_s_words_beside_their_severity_are_an_event_each(form: str, tmp_path: Path) -> None:
    times = [int(parse_stamp(f"2026-05-10T09:00:0{second}Z") * 1e6) for second in (9, 5, 1)]
    words = ("deadlock detected", "deadlock detected", "checkpoint starting: time")
    severities = ("ERROR", "ERROR", "LOG")
    if form == "csv":
        out = io.StringIO()
        rows = csv.writer(out)
        rows.writerow(("event_message", "id", "timestamp", "error_severity"))
        rows.writerows(zip(words, "abc", times, severities, strict=True))
        text = out.getvalue()
    else:
        named = [{"error_severity": one} for one in severities]
        text = json.dumps(
            [
                {"event_message": said, "timestamp": at, **(level if form == "json" else {"parsed": level})}
                for said, at, level in zip(words, times, named, strict=True)
            ]
        )
    (group,) = told(text, tmp_path)
    assert (group.signature, group.count, group.last) == ("deadlock", 2, times[0] / 1e6)


def test_records_that_begin_with_a_clock_alone_keep_their_tracebacks_apart(tmp_path: Path) -> None:
    other = TRACE[0], '  File "/app/dags/sell.py", line 7, in sell', TRACE[2], "KeyError: 3"
    log = (
        "09:53:21:   0.07s → 6009645acd59:load(3)",
        "09:53:21:   0.27s ! 6009645acd59:load failed, DeadlockDetectedError: deadlock detected",
        *TRACE,
        "09:53:21:   0.16s ← 4d90f1e7aa2e:sell ● 1",
        "09:53:22:   0.19s ! 18d61db27188:sell failed, KeyError: 3",
        *other,
        "09:53:22:   0.16s ← 4d90f1e7aa2e:sell ● 1",
    )
    found = told("\n".join(log) + "\n", tmp_path)
    assert [
        (group.signature or group.exception, group.count, group.culprit and group.culprit.line) for group in found
    ] == [
        ("deadlock", 1, 41),
        ("KeyError", 1, 7),
    ]


def test_lines_that_each_have_a_clock_are_no_records(tmp_path: Path) -> None:
    (group,) = told("".join(f"09:53:21: {line}\n" for line in ("order 7 failed", *TRACE)), tmp_path)
    assert (group.signature, group.count, group.culprit and group.culprit.line) == ("deadlock", 1, 41)
