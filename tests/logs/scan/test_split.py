"""A large log read in parts comes to what it comes to as a whole, and is never cut where something reaches across."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from forge_doctor.logs import parallel, split
from forge_doctor.logs.collect import Task, collect
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.parallel import collect_all, merged
from forge_doctor.logs.split import QUIET_BYTES, SEARCHED_BYTES, quiet_place
from forge_doctor.streams.sources.files import FileSource
from tests.support.log_generator import write_log
from tests.support.log_reading import WANTED

RULES = Rules(reference=1_795_000_000.0)
QUIET = b"2026-11-22 08:00:00,000 INFO [shop] all is well\n"
LOUD = b"2026-11-22 08:00:00,000 ERROR [shop] QueuePool limit of size 5 overflow 10 reached\n"
LONG_QUIET = QUIET * (QUIET_BYTES // len(QUIET) + 200)


def task_of(path: Path, tail: int | None = None) -> Task:
    return Task(source=FileSource(name=str(path), paths=(path,)), rules=RULES, tail=tail)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    write_log(path, 15_000_000, 0.01)
    return path


def test_the_parts_come_to_the_whole(log: Path) -> None:
    parts = split.split(task_of(log), 3, WANTED)
    ends = [part.source.end for part in parts]
    assert [part.begin for part in parts] == [0, *ends[:-1]]
    assert len(parts) == 3
    assert ends[-1] is None
    assert all(abs(end - log.stat().st_size * number / 3) < SEARCHED_BYTES for number, end in enumerate(ends[:-1], 1))
    whole = collect(task_of(log))
    assert merged([collect(part) for part in parts]).to_data() == whole.summary.to_data()
    assert sum(group.count for group in whole.summary.groups.values()) > 10


def test_one_large_log_is_read_by_several_processes_that_tell_how_far_they_are(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "WORTH_BYTES", 1 << 20)
    told: list[tuple[str, int, int]] = []
    (read,) = collect_all([task_of(log)], 2, lambda *progress: told.append(progress))
    whole = collect(task_of(log))
    assert (read.name, read.way, read.problem) == (whole.name, whole.way, "")
    assert read.summary.to_data() == whole.summary.to_data()
    assert {name for name, _, _ in told} == {str(log)}
    assert sum(count for _, count, _ in told) == log.stat().st_size
    assert sum(hits for _, _, hits in told) > 10


@pytest.mark.parametrize("seed", range(12))
def test_what_is_loud_throughout_is_told_without_looking_for_all_that_is_loud(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(seed)
    longest = QUIET_BYTES // len(QUIET) * (0.6 + 0.05 * seed)
    loud = (LOUD, b'  File "/app/x.py", line 3, in f\n', b"deadlock detected\n")
    data = b"".join(QUIET * round(draw.random() * longest) + draw.choice(loud) for _ in range(40))
    place = quiet_place(data, WANTED)
    monkeypatch.setattr(split, "_is_loud_throughout", lambda _data: False)
    assert quiet_place(data, WANTED) == place


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (LONG_QUIET, True),
        (LOUD + LONG_QUIET + LOUD, True),
        ((LOUD + QUIET * 500) * 40, False),
        (b'  File "/app/x.py", line 3, in f\n'.join([QUIET * 500] * 40), False),
        (LONG_QUIET + b"[1] [CRITICAL] WORKER TIMEOUT (pid:7)\n", False),
        (b"x" * len(LONG_QUIET), False),
    ],
    ids=["quiet", "between", "trouble everywhere", "frames everywhere", "a worker about to be killed", "no line end"],
)
def test_a_log_is_cut_only_where_it_has_long_been_quiet(data: bytes, found: bool) -> None:
    place = quiet_place(data, WANTED)
    assert (place is not None) is found
    if place is not None:
        assert data[place - 1 : place] == b"\n"
        assert not WANTED.engine.search(data[place - QUIET_BYTES : place + 4_000])


def test_what_cannot_be_cut_stays_one(log: Path, tmp_path: Path) -> None:
    packed = tmp_path / "app.log.gz"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    (tmp_path / "empty.log").write_bytes(b"")
    for task in (task_of(packed), task_of(tmp_path / "gone.log"), task_of(tmp_path / "empty.log"), task_of(log, 100)):
        assert split.split(task, 2, WANTED) == (task,)


def test_what_is_written_meanwhile_belongs_to_the_last_part(log: Path) -> None:
    parts = split.split(task_of(log), 2, WANTED)
    before = log.stat().st_size
    with log.open("ab") as file:
        file.write(LOUD)
    assert sum(collect(part).summary.bytes for part in parts) == before + len(LOUD)
