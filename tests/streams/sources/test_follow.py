"""Logs that grow, are truncated, rotated, or end are followed without losing or repeating a line."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.logs.fleet import ObjectSource
from forge_doctor.logs.follow import Followed, FollowedFile, FollowedPieces, FollowLoop, ReadFiles
from forge_doctor.logs.followed import followed
from forge_doctor.logs.scan.wanted import wanted_lines
from forge_doctor.streams.sources.files import FileSource, find_files
from forge_doctor.streams.sources.tail import LastLines, last_lines_offset
from tests.streams.sources.test_files import only


def read_along(log: Followed, steps: list[Callable[[], None]]) -> bytes:
    """What a reader gets that comes back after each step."""
    got, buffer = b"", bytearray(1000)
    for step in [*steps, lambda: None]:
        step()
        for _ in range(5):
            while count := log.readinto(memoryview(buffer)):
                got += buffer[:count]
    log.close()
    return got


def append(path: Path, text: bytes) -> Callable[[], None]:
    def write() -> None:
        with path.open("ab") as file:
            file.write(text)

    return write


def test_a_growing_file_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"1\n")
    assert (
        read_along(FollowedFile(path), [append(path, b"2"), append(path, b"\n"), append(path, b"3\n")]) == b"1\n2\n3\n"
    )


def test_a_truncated_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"old old old\n")
    steps = [lambda: None, lambda: os.truncate(path, 0), append(path, b"new\n")]
    assert read_along(FollowedFile(path), steps) == b"old old old\nnew\n"


def rotate(path: Path) -> Callable[[], None]:
    def move() -> None:
        for number in (3, 2, 1):
            older = path.with_name(f"{path.name}.{number}")
            if older.exists():
                older.rename(path.with_name(f"{path.name}.{number + 1}"))
        path.rename(path.with_name(f"{path.name}.1"))
        path.touch()

    return move


def test_rotation_loses_nothing_even_when_it_happens_twice_between_two_looks(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"1\n")
    log = FollowedFile(path)
    twice = [append(path, b"2\n"), rotate(path), append(path, b"3\n"), rotate(path), append(path, b"4\n")]

    def at_once() -> None:
        for step in twice:
            step()

    assert read_along(log, [lambda: None, at_once, append(path, b"5\n")]) == b"1\n2\n3\n4\n5\n"


def test_a_rotated_file_that_is_followed_too_is_read_under_one_name_only(tmp_path: Path) -> None:
    path, older = tmp_path / "app.log", tmp_path / "app.log.1"
    path.write_bytes(b"2\n")
    older.write_bytes(b"1\n")
    read = ReadFiles()
    sources = [FileSource(name=str(one), paths=(one,)) for one in (path, older)]
    now, then = (followed(source, None, read) for source in sources)
    assert read_along(then, [lambda: None, rotate(path), append(path, b"3\n")]) == b"1\n"
    assert read_along(now, [append(path, b"4\n")]) == b"2\n3\n4\n"


def test_files_of_the_past_are_the_same_although_they_are_renamed_before_they_are_read(tmp_path: Path) -> None:
    path, older = tmp_path / "app.log", tmp_path / "app.log.1"
    path.write_bytes(b"2\n")
    older.write_bytes(b"1\n")
    log = followed(FileSource(name="app.log", paths=(older, path)), None)
    rotate(path)()
    assert read_along(log, [append(path, b"3\n")]) == b"1\n2\n3\n"


def test_a_file_replaced_by_another_is_read_from_the_other_s_beginning(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"1\n")

    def replace() -> None:
        (tmp_path / "new").write_bytes(b"2\n")
        (tmp_path / "new").replace(path)

    assert read_along(FollowedFile(path), [replace, append(path, b"3\n")]) == b"1\n2\n3\n"


def test_it_ends_once_nobody_writes_any_more_and_all_is_read(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"ERROR 1\n")
    answers = iter([True, False])

    def alive() -> bool:
        answer = next(answers, False)
        if not answer:
            append(path, b"ERROR last\n")() if path.read_bytes().count(b"last") == 0 else None
        return answer

    loop = FollowLoop([FollowedFile(path, alive=alive)], wanted_lines(), lambda _seconds: None)
    text = b"".join(region.data for region in loop.regions() if region)
    assert text == b"ERROR 1\nERROR last\n"


def test_several_logs_take_turns_and_one_that_breaks_off_does_not_stop_the_others(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"ERROR before\n"
        raise CannotInspect("db: the Docker Engine broke off its log")

    def fine() -> Iterator[bytes]:
        for number in range(50):
            yield b"ERROR %d\n" % number

    loop = FollowLoop([FollowedPieces("db", broken), FollowedPieces("app", fine)], wanted_lines(), lambda _: None)
    got = {"db": b"", "app": b""}
    for region in loop.regions():
        if region is not None:
            got[region.source] += region.data
    assert got["db"] == b"ERROR before\n"
    assert re.findall(rb"ERROR (\d+)", got["app"]) == [b"%d" % number for number in range(50)]
    assert loop.problems == ["db: the Docker Engine broke off its log"]


def test_an_interrupt_gives_what_was_still_growing(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"ERROR unfinished")

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    loop = FollowLoop([FollowedFile(path)], wanted_lines(), interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(loop.regions())
    assert [region.data for region in loop.finish()] == [b"ERROR unfinished"]


def test_rotated_files_come_before_the_one_that_grows(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"3\n")
    (tmp_path / "app.log.1").write_bytes(b"2\n")
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(b"1\n"))
    (source,), _ = find_files([str(tmp_path)])
    assert read_along(followed(source, None), [append(path, b"4\n")]) == b"1\n2\n3\n4\n"
    assert read_along(followed(source, 1), [append(path, b"5\n")]) == b"4\n5\n"


def test_what_cannot_grow_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "app.log.gz"
    path.write_bytes(gzip.compress(b"x\n"))
    with pytest.raises(CannotInspect, match="is packed and does not grow: leave --follow out"):
        followed(only(path), None)
    with pytest.raises(CannotInspect, match=r"gone\.log: cannot be read: No such file"):
        followed(only(tmp_path / "gone.log"), None)
    with pytest.raises(UsageProblem, match="can't be followed"):
        followed(ObjectSource(name="s3://bucket/app.log"), None)


@pytest.mark.parametrize("text", [b"1\n2\n3\n4\n", b"1\n2\n3\n4", b"\n\n\n\n", b"4\n", b""])
@pytest.mark.parametrize("lines", [1, 2, 3, 10])
def test_the_last_lines_are_the_same_by_seeking_and_by_remembering(tmp_path: Path, text: bytes, lines: int) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(text)
    expected = b"".join(text.splitlines(keepends=True)[-lines:])
    assert text[last_lines_offset(path, lines) :] == expected
    with path.open("rb", buffering=0) as file:
        stream, buffer = LastLines(file, lines), bytearray(100)
        assert bytes(buffer[: stream.readinto(memoryview(buffer))]) == expected


def test_the_last_lines_of_a_large_file_need_no_reading_of_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    numbers = b"".join(b"line %d\n" % number for number in range(300_000))
    path.write_bytes(numbers)
    assert numbers[last_lines_offset(path, 200_000) :].startswith(b"line 100000\n")
    with path.open("rb", buffering=0) as file:
        stream, buffer = LastLines(file, 200_000), bytearray(20)
        stream.readinto(memoryview(buffer))
        assert buffer.startswith(b"line 100000\n")
