"""`pool --record` and `--replay` as users start them: killed, without room, with words that do not go together."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from forge_doctor.cli.sessions.pool_record import MOST_CPU, Pace
from forge_doctor.errors import CannotInspect
from forge_doctor.pool.recorder.read import read_record
from forge_doctor.pool.recorder.segments import segments
from tests.cli.test_pool import forge_doctor, judged
from tests.support.postgres import FreshDatabase
from tests.support.recordings import Clock, recorder, seen_at
from tests.support.snapshots import idle_in_transaction, session
from tests.support.terminal import BARE


def recording(folder: Path, database: FreshDatabase, limit: Sequence[str] = ()) -> subprocess.Popen[str]:
    command = [*limit, sys.executable, "-m", "forge_doctor", "pool", "--record", str(folder), "--no-scan"]
    return subprocess.Popen(
        command,
        env={**BARE, "DATABASE_URL": database.dsn()},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def looks(folder: Path) -> int:
    try:
        return len(read_record(folder).looks)
    except CannotInspect:
        return 0


def until(ready: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "the recorder did not get there"
        time.sleep(0.1)


def test_kill_9_loses_nothing_that_was_looked_at(tmp_path: Path, fresh_database18: FreshDatabase) -> None:
    folder = tmp_path / "record"
    with recording(folder, fresh_database18) as process:
        until(lambda: looks(folder) >= 2)
        seen = looks(folder)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
    assert looks(folder) >= seen
    replayed = forge_doctor("--replay", str(folder), "-f", "json")
    assert replayed.returncode == 0, replayed.stderr
    assert "was not closed" in json.loads(replayed.stdout)["record"]["notes"][0]
    assert fresh_database18.password not in replayed.stdout


def test_sigterm_ends_it_properly_and_another_may_go_on(tmp_path: Path, fresh_database18: FreshDatabase) -> None:
    folder = tmp_path / "record"
    for runs in (1, 2):
        with recording(folder, fresh_database18) as process:
            until(lambda runs=runs: len(segments(folder) if folder.exists() else ()) == runs and looks(folder) >= runs)  # type: ignore[misc]
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
            assert process.stderr is not None
            assert "recording" in process.stderr.read()
    record = read_record(folder)
    assert record.notes == ()
    assert len({look.run for look in record.looks}) == 2


def test_a_file_that_may_not_grow_is_told_once_and_survived(tmp_path: Path, fresh_database18: FreshDatabase) -> None:
    """As on a full disk: the first look fits, and from then on a segment is begun for each that does not."""
    folder = tmp_path / "record"
    with recording(folder, fresh_database18, ("prlimit", "--fsize=400")) as process:
        assert process.stderr is not None
        told = [process.stderr.readline() for _ in range(2)]
        time.sleep(4.5)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        rest = process.stderr.read()
    assert "cannot write to the record: File too large" in told[1]
    assert rest.count("File too large") == 0
    assert all(0 < path.stat().st_size <= 400 for path in segments(folder))


def test_a_server_that_is_not_there_is_waited_for_and_ends_as_3(tmp_path: Path) -> None:
    done = forge_doctor(
        *("--record", str(tmp_path / "record"), "--dsn", "postgresql://a@127.0.0.1:9/b", "--no-scan", "--duration", "3")
    )
    assert done.returncode == 3
    assert done.stderr.count("127.0.0.1:9") >= 1
    replayed = forge_doctor("--replay", str(tmp_path / "record"))
    assert replayed.returncode in (0, 3)
    assert "Traceback" not in replayed.stderr


@pytest.fixture
def record(tmp_path: Path) -> Path:
    clock = Clock()
    one = recorder(tmp_path, clock)
    for _ in range(5):
        one.add(seen_at(clock, session(1), idle_in_transaction(2, 40.0)))
        clock.on(2.0)
    one.close()
    return tmp_path


def test_a_moment_has_the_exit_code_of_its_findings(record: Path) -> None:
    done = judged("--replay", str(record), "--at", "03:00:05")
    assert done.returncode == 1, done.stderr
    assert "At 2026-11-28 03:00:04 UTC" in done.stdout
    assert "SELECT ?" in done.stdout
    assert "SELECT ?" not in judged("--replay", str(record), "--at", "03:00:05", "--no-query").stdout
    file = judged("--replay", str(segments(record)[0]), "--at", "2026-11-28T04:00:05+01:00")
    assert "At 2026-11-28 03:00:04 UTC" in file.stdout
    assert judged("--replay", str(record)).returncode == 0, "the list is an index"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--replay", "RECORD", "--at", "04:00:00"), "5 looks from 2026-11-28 03:00:00 UTC to 2026-11-28 03:00:08 UTC"),
        (("--replay", "RECORD", "--at", "yesterday"), "--at yesterday: is no time"),
        (("--replay", "RECORD", "--dsn", "postgresql://h/d"), "--dsn does not go with --replay"),
        (("--at", "03:00:00"), "name the record with --replay"),
        (("--keep", "600"), "name its folder with --record"),
        (("--record", "RECORD", "--watch", "2"), "--watch does not go with --record"),
        (("--record", "RECORD", "--dsn", "postgresql://h/d", "--dsn", "postgresql://i/d"), "one server"),
    ],
)
def test_words_that_do_not_go_together_are_refused(record: Path, arguments: tuple[str, ...], said: str) -> None:
    done = judged(*(str(record) if one == "RECORD" else one for one in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_looks_that_cost_much_come_less_often() -> None:
    pace = Pace(2.0)
    assert pace.next_s(5.0) == 2.0, "the first, which loads what it needs"
    assert pace.next_s(0.004) == 2.0
    dear = Pace(2.0)
    waits = [dear.next_s(0.05) for _ in range(10)]
    assert waits[-1] == pytest.approx(0.05 / MOST_CPU)
