"""A moment of a record is judged with the looks before it; what is not in it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.pool.recorder.moments import moment_of_day
from forge_doctor.pool.recorder.read import Record, read_record
from forge_doctor.pool.recorder.replay import list_moments, replay_moment
from forge_doctor.report import Report
from tests.support.examination import judge, of
from tests.support.recordings import MIDNIGHT_AND_THREE, Clock, idle_since, recorder, seen_at
from tests.support.snapshots import session

BEGAN = MIDNIGHT_AND_THREE + 60.0


def incident(folder: Path) -> Record:
    """Two minutes; in the second four sessions sit idle in transactions for 40 seconds."""
    clock = Clock()
    one = recorder(folder, clock)
    for _ in range(60):
        stuck = BEGAN <= clock.wall < BEGAN + 40
        sessions = [idle_since(clock, pid, BEGAN - 0.5) for pid in range(2, 6)] if stuck else []
        one.add(seen_at(clock, session(1), *sessions))
        clock.on(2.0)
    one.close()
    return read_record(folder)


def table(report: Report, title: str) -> tuple[tuple[str | int | float | None, ...], ...]:
    return next((one.rows for one in report.tables if one.title == title), ())


def test_a_moment_is_judged_as_it_was(tmp_path: Path) -> None:
    report = replay_moment(incident(tmp_path), BEGAN + 31, judge)
    (found,) = of(report, "idle-in-transaction") or of(report, "leaked-transactions")
    assert set(found.sessions) == {2, 3, 4, 5}
    assert "30 s" in found.message
    (since,) = [row for row in table(report, "Since when") if row[0] == found.check]
    assert since[2:] == (4, "03:00:59", "03:00:59"), "half a second before they were first seen"
    assert str(since[1]) >= "03:01:00"
    assert any(row[4] == found.check and row[1] == "-" for row in table(report, "What led to it"))


def test_what_is_over_led_to_it_and_is_no_finding(tmp_path: Path) -> None:
    report = replay_moment(incident(tmp_path), BEGAN + 55, judge)
    assert not of(report, "idle-in-transaction")
    ended = [str(row[1]) for row in table(report, "What led to it") if "transaction" in str(row[4])]
    assert max(ended) == "03:01:40"
    assert "-" not in ended


def test_the_looks_before_it_are_the_window_of_duration(tmp_path: Path) -> None:
    """What --duration finds by looking for half a minute is found in the record of that half minute."""
    seen = []
    replay_moment(incident(tmp_path), BEGAN + 38, lambda one: seen.append(one) or judge(one))  # type: ignore[func-returns-value]
    looks = seen[-1].looks
    assert looks is not None
    assert (looks.window_s, looks.persisting) == (30.0, (2, 3, 4, 5))


def test_without_a_moment_those_where_findings_changed_are_listed(tmp_path: Path) -> None:
    told: list[int] = []
    report = list_moments(incident(tmp_path), judge, lambda done, of: told.append(of - done))
    rows = [row for row in table(report, "What was found, and when") if row[3] in ("error", "critical")]
    assert rows
    assert {row[1] for row in rows} == {"03:01:40"}
    assert report.inspected == {"looks": 60}
    assert told[-1] == 1
    assert not report.findings


@pytest.mark.parametrize("moment", [BEGAN - 70, BEGAN + 200])
def test_a_moment_outside_names_what_is_there(tmp_path: Path, moment: float) -> None:
    with pytest.raises(UsageProblem, match="60 looks from 2026-11-28 03:00:00 UTC to 2026-11-28 03:01:58 UTC"):
        replay_moment(incident(tmp_path), moment, judge)


def test_a_time_of_day_is_one_of_the_record(tmp_path: Path) -> None:
    record = incident(tmp_path)
    assert moment_of_day("03:01:05", record) == MIDNIGHT_AND_THREE + 65
    assert moment_of_day("03:01", record) == MIDNIGHT_AND_THREE + 60
    assert moment_of_day("2h", record) is None
    assert moment_of_day("27:01:05", record) is None


def test_a_record_over_midnight_has_the_evening_before(tmp_path: Path) -> None:
    clock = Clock(MIDNIGHT_AND_THREE - 3 * 3600 - 60)
    one = recorder(tmp_path, clock)
    for _ in range(60):
        one.add(seen_at(clock, session(1)))
        clock.on(2.0)
    one.close()
    record = read_record(tmp_path)
    assert moment_of_day("23:59:30", record) == MIDNIGHT_AND_THREE - 3 * 3600 - 30
    assert moment_of_day("00:00:30", record) == MIDNIGHT_AND_THREE - 3 * 3600 + 30


def test_a_moment_nobody_saw_is_said_to_be_one(tmp_path: Path) -> None:
    clock = Clock()
    one = recorder(tmp_path, clock)
    for look in range(30):
        if 10 <= look < 20:
            one.add_failure("db.example:5432: connection refused")
        else:
            one.add(seen_at(clock, session(1)))
        clock.on(2.0)
    one.close()
    record = read_record(tmp_path)
    report = replay_moment(record, MIDNIGHT_AND_THREE + 30, judge)
    (unseen,) = [one for one in report.not_run if one.check == "record"]
    assert "from 2026-11-28 03:00:18 UTC to 2026-11-28 03:00:40 UTC" in unseen.reason
    assert "connection refused" in unseen.reason
    assert not [one for one in replay_moment(record, MIDNIGHT_AND_THREE + 50, judge).not_run if one.check == "record"]


def test_a_clock_that_was_set_back_is_told_and_both_times_are_found(tmp_path: Path) -> None:
    clock = Clock()
    one = recorder(tmp_path, clock)
    for look in range(40):
        if look == 20:
            clock.set_by(-3_600.0)
        one.add(seen_at(clock, session(1 + look)))
        clock.on(2.0)
    one.close()
    record = read_record(tmp_path)

    def seen(moment: float) -> int:
        pids = []
        report = replay_moment(record, moment, lambda one: pids.append(one.sessions[0].pid) or judge(one))  # type: ignore[func-returns-value]
        assert any("set back by 3600 s" in str(row[0]) for row in table(report, "The record"))
        return pids[-1]

    assert seen(MIDNIGHT_AND_THREE + 20) == 11
    assert seen(MIDNIGHT_AND_THREE - 3_600 + 50) == 26


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b\x08\x00"])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pool-000001.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(CannotInspect, match="holds no look"):
        read_record(path)


def test_an_empty_folder_and_no_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(CannotInspect, match="holds no record"):
        read_record(tmp_path)
    with pytest.raises(CannotInspect, match="No such file"):
        read_record(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "line",
    [
        b'{"at":2,"up":2,"every_s":2,"clock":2,"look":{"sessions":{"1":{"statement":99}}}}',
        b'{"at":"x","up":2,"every_s":2,"look":{}}',
        b'{"up":2,"look":{}}',
        b'{"at":NaN,"up":2,"every_s":2,"look":{}}',
        b'{"at":2,"up":1e400,"every_s":2,"look":{}}',
        b'{"at":1e15,"up":2,"every_s":2,"look":{}}',
        b'{"at":-1e12,"up":2,"every_s":2,"look":{}}',
        b'{"at":2,"up":2,"every_s":2,"clock":-2e11,"look":{}}',
        b'{"at":2,"up":2,"every_s":2,"clock":2.534e11,"look":{}}',
        b'{"at":2,"up":2,"every_s":%d,"look":{}}' % 10**400,
        b'{"at":2,"up":2,"every_s":2,"look":[1]}',
        b'{"at":2,"up":2,"every_s":2,"look":{"sessions":{"1":7}}, "texts":7}',
        b"[" * 100_000,
        b"7",
    ],
)
def test_a_line_that_is_no_look_is_damage_not_a_traceback(tmp_path: Path, line: bytes) -> None:
    clock = Clock()
    one = recorder(tmp_path, clock)
    one.add(seen_at(clock, session(1)))
    assert one._segment is not None
    one._segment.append(line + b"\n")
    one.close()
    record = read_record(tmp_path)
    assert len(record.looks) == 1
    assert len(record.damage) == 1


def test_a_look_of_wrong_types_is_refused_when_it_is_judged(tmp_path: Path) -> None:
    clock = Clock()
    one = recorder(tmp_path, clock)
    one.add(seen_at(clock, session(1)))
    assert one._segment is not None
    one._segment.append(b'{"at":2,"up":2,"every_s":2,"clock":2,"look":{"sessions":{"1":{"user":5}}}}\n')
    one.close()
    with pytest.raises(CannotInspect, match=r"line 3: is damaged: look\.sessions\[0\]\.user must be str"):
        read_record(tmp_path).looks[-1].snapshot()
