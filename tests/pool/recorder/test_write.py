"""A record is bounded, ours alone, holds no secret, and survives what happens to disks and clocks."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.pool.recorder.read import read_record
from forge_doctor.pool.recorder.segments import segments
from forge_doctor.redaction import held
from tests.support.recordings import Clock, busy_service, idle_since, recorder, seen_at, text_of
from tests.support.secret_corpus import CANARY, texts
from tests.support.snapshots import session, worker


def write(folder: Path, clock: Clock, looks: int, *, every_s: float = 2.0, **options: object) -> None:
    one = recorder(folder, clock, **options)
    for _ in range(looks):
        assert one.add(seen_at(clock, session(1), session(2)))
        clock.on(every_s)
    one.close()


def test_every_look_is_read_back(tmp_path: Path) -> None:
    clock = Clock()
    write(tmp_path / "record", clock, 12)
    record = read_record(tmp_path / "record")
    assert [round(look.at - record.looks[0].at) for look in record.looks] == list(range(0, 24, 2))
    assert [len(look.snapshot().sessions) for look in record.looks] == [2] * 12
    assert (record.notes, record.damage) == ((), ())


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write(tmp_path / "record", Clock(), 1)
    finally:
        os.umask(before)
    (path,) = segments(tmp_path / "record")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_segments_of_ten_minutes_and_an_hour_of_them(tmp_path: Path) -> None:
    clock = Clock()
    one = recorder(tmp_path, clock)
    (tmp_path / "mine.txt").write_text("not ours")
    last: dict[Path, float] = {}
    for _ in range(100):  # five hours, in looks three minutes apart
        one.add(seen_at(clock, session(1)))
        last[segments(tmp_path)[-1]] = clock.wall
        for path in segments(tmp_path):
            os.utime(path, (last[path], last[path]))
        clock.on(180.0)
    one.close()
    times = [look.at for look in read_record(tmp_path).looks]
    assert 3_600 <= clock.wall - times[0] <= 8 * 720, "seven segments of four looks, and the one that was written last"
    assert (tmp_path / "mine.txt").exists()


@pytest.mark.parametrize("shift_s", [86_400.0, -86_400.0, 7.0])
def test_a_clock_that_is_set_loses_nothing(tmp_path: Path, shift_s: float) -> None:
    clock = Clock()
    one = recorder(tmp_path, clock)
    for look in range(20):
        if look == 10:
            clock.set_by(shift_s)
        one.add(seen_at(clock, session(1)))
        os.utime(segments(tmp_path)[-1], (clock.wall, clock.wall))
        clock.on(120.0)
    one.close()
    record = read_record(tmp_path)
    assert len(record.looks) == 20
    assert [round(b.up - a.up) for a, b in zip(record.looks, record.looks[1:], strict=False)] == [120] * 19
    assert [round(b.at - a.at) for a, b in zip(record.looks, record.looks[1:], strict=False)] == [
        120 + (shift_s if number == 9 else 0) for number in range(19)
    ]


def test_a_recorder_that_is_started_again_and_again_keeps_what_was_there(tmp_path: Path) -> None:
    clock = Clock()
    for run in range(40):
        write(tmp_path, clock, 1, run=str(run))
    assert len(read_record(tmp_path).looks) == 40


def test_two_recorders_do_not_share_a_folder(tmp_path: Path) -> None:
    first = recorder(tmp_path, Clock())
    with pytest.raises(CannotInspect, match="another recorder"):
        recorder(tmp_path, Clock())
    first.close()
    recorder(tmp_path, Clock()).close()


def test_a_file_where_the_folder_goes_is_a_wrong_command_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    for folder in (file, file / "below"):
        with pytest.raises(UsageProblem, match="name a folder"):
            recorder(folder, Clock())
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_link_put_where_a_segment_goes_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    folder = tmp_path / "record"
    folder.mkdir()
    (folder / "pool-000001.jsonl.gz").symlink_to(victim)
    one = recorder(folder, Clock())
    assert one.add(seen_at(Clock(), session(1)))
    one.close()
    assert not victim.exists()


@contextmanager
def no_room(monkeypatch: pytest.MonkeyPatch, bytes_left: int) -> Iterator[None]:
    """A disk that takes so many bytes more, part of a write among them."""
    left, real = [bytes_left], os.write

    def write(descriptor: int, data: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = real(descriptor, bytes(data)[: left[0]])
        left[0] -= written
        return written

    with monkeypatch.context() as patch:
        patch.setattr("forge_doctor.pool.recorder.segments.os.write", write)
        yield


@pytest.mark.parametrize("bytes_left", [0, 1, 60, 150])
def test_a_full_disk_costs_the_looks_that_find_it_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bytes_left: int
) -> None:
    clock = Clock()
    one = recorder(tmp_path, clock)
    written = []
    for _ in range(3):
        written.append(one.add(seen_at(clock, session(1))))
        clock.on(2.0)
    with no_room(monkeypatch, bytes_left):
        for _ in range(4):
            written.append(one.add(seen_at(clock, session(1), *(session(pid) for pid in range(2, 40)))))
            clock.on(2.0)
    for _ in range(3):
        written.append(one.add(seen_at(clock, session(1))))
        clock.on(2.0)
    one.close()
    record = read_record(tmp_path)
    assert sum(written) == len(record.looks) < 10
    assert written[:3] == written[-3:] == [True] * 3
    assert any("No space left on device" in note and "were lost" in note for note in record.notes)
    assert not record.damage
    assert all(path.stat().st_size for path in segments(tmp_path))


def test_a_stream_that_is_cut_anywhere_is_read_up_to_there(tmp_path: Path) -> None:
    clock = Clock()
    write(tmp_path / "record", clock, 9)
    (path,) = segments(tmp_path / "record")
    whole, cut = path.read_bytes(), tmp_path / "pool-000001.jsonl.gz"
    sizes = []
    for length in range(len(whole) - 1, 300, -7):
        cut.write_bytes(whole[:length])
        try:
            record = read_record(cut)
        except CannotInspect:
            continue
        sizes.append(len(record.looks))
        assert record.notes, "that it is cut is said"
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 9, "cut in the last bytes, which hold no look"
    assert set(sizes) >= set(range(2, 10))


def test_damage_within_is_told_and_what_was_before_it_is_read(tmp_path: Path) -> None:
    clock = Clock()
    one = recorder(tmp_path, clock)
    for seen in busy_service(clock, 20, backends=10):
        one.add(seen)
    one.close()
    write(tmp_path, clock, 2, run="b")
    first = segments(tmp_path)[0]
    data = bytearray(first.read_bytes())
    middle = len(data) * 3 // 4
    data[middle : middle + 40] = b"\xff" * 40
    first.write_bytes(data)
    record = read_record(tmp_path)
    assert len(record.damage) == 1
    assert first.name in record.damage[0]
    assert 5 < len(record.looks) < 22
    assert record.looks[-1].run == "b"


def test_no_secret_is_written(tmp_path: Path) -> None:
    """Wherever it stands: in a name, a tag, a statement that lost no value, or the reason of a failure."""
    held.hold("x9-held-by-value-Q")
    try:
        clock = Clock()
        one = recorder(tmp_path, clock)
        for number, text in enumerate((*texts(), "x9-held-by-value-Q")):
            own = session(number + 1, application_name=text, statement=text, tags={"route": text, text: "1"})
            own_worker = replace(worker(4000, own), name=text, application=text)
            one.add(seen_at(clock, own, processes=(own_worker,), blind_spots=(text,)))
            one.add_failure(text)
        one.close()
    finally:
        held.forget()
    written = b"".join(text_of(path) for path in segments(tmp_path)).decode()
    assert CANARY not in written
    assert "held-by-value" not in written
    assert "shop" in written


def test_an_hour_of_a_busy_service_is_below_five_megabytes(tmp_path: Path) -> None:
    """Two hundred backends that come and go, every one of which ran another of sixty statements between any two looks.

    Ten looks of a segment stand for the rest of it: after the first, each adds what the one before added.
    """
    clock = Clock()
    one = recorder(tmp_path, clock)
    sizes = []
    for seen in busy_service(clock, 60):
        assert one.add(seen)
        sizes.append(segments(tmp_path)[0].stat().st_size)
    one.close()
    a_look = (sizes[-1] - sizes[9]) / 50
    assert (1_800 - 6) * a_look + 6 * sizes[0] < 5_000_000
    quiet = Clock()
    two = recorder(tmp_path / "quiet", quiet)
    for _ in range(100):
        two.add(seen_at(quiet, *(idle_since(quiet, pid, 0.0) for pid in range(1, 201))))
        quiet.on(2.0)
    two.close()
    (path,) = segments(tmp_path / "quiet")
    assert path.stat().st_size < sizes[0] + 100 * 100
