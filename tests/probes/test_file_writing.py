"""What is written to stays what it was: a device, a pipe, a link, somebody else's file, one with several names."""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from pathlib import Path

import pytest

from forge_doctor.probes import file_writing
from forge_doctor.probes.file_writing import same_file, why_unwritable, write_file

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices and gives files away")


def test_a_plain_file_is_replaced_at_once_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("old")
    path.chmod(0o640)
    before = path.stat().st_ino
    with path.open() as reader:
        write_file(path, b"new")
        assert reader.read() == "old"
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o640)
    assert path.stat().st_ino != before
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_mode_that_the_mask_allows(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_file(tmp_path / "new", b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o600)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "to_nothing").symlink_to("made")
    write_file(tmp_path / "link", b"new")
    write_file(tmp_path / "to_nothing", b"made")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o600
    assert (tmp_path / "made").read_text() == "made"
    assert (tmp_path / "to_nothing").is_symlink()


@pytest.mark.parametrize("new", [b"longer than before", b"x"])
def test_a_file_with_two_names_keeps_both_and_that_is_said(tmp_path: Path, new: bytes) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_text("before")
    other.hardlink_to(path)
    told: list[str] = []
    write_file(path, new, told.append)
    assert other.read_bytes() == new
    assert same_file(path, other)
    assert told == [f"{path} has 2 names, and under all of them it is changed"]


def test_a_file_that_its_mode_protects_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o444)
    with pytest.raises(PermissionError, match="read-only"):
        write_file(path, b"new")
    assert path.read_text() == "old"


@needs_root
def test_a_device_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "null"
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    write_file(path, b"gone")
    assert stat.S_ISCHR(path.stat().st_mode)


@needs_root
def test_somebody_else_s_file_stays_his(tmp_path: Path) -> None:
    path = tmp_path / "his"
    path.write_text("old and long")
    os.chown(path, 4711, 4712)
    write_file(path, b"new")
    assert (path.read_text(), path.stat().st_uid, path.stat().st_gid) == ("new", 4711, 4712)


def test_attributes_of_a_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    try:
        os.setxattr(path, "user.origin", b"here")
    except OSError:
        pytest.skip("the file system keeps no attributes")
    write_file(path, b"new")
    assert (path.read_text(), os.getxattr(path, "user.origin")) == ("new", b"here")


def test_a_pipe_is_waited_for_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    waiting = threading.Event()
    got: list[bytes] = []

    def read() -> None:
        waiting.wait(20)
        got.append(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        waiting.set()

    write_file(path, b"x" * 200_000, tell)
    reader.join()
    assert got == [b"x" * 200_000]
    assert told == [f"{path} is a pipe that nobody reads; waiting 60 s for a reader"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_pipe_that_nobody_reads_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_writing, "PATIENCE_S", 0.1)
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(TimeoutError, match=r"nobody read it within 0\.1 s"):
        write_file(path, b"x")
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(TimeoutError, match=r"took nothing for 0\.1 s"):
            write_file(path, b"x" * 1_000_000)
    finally:
        os.close(reader)


@pytest.mark.parametrize("kind", ["file", "link", "pipe"])
def test_what_appears_meanwhile_is_not_replaced(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report"
    make = {"file": path.touch, "link": lambda: path.symlink_to("other"), "pipe": lambda: os.mkfifo(path)}[kind]
    mkstemp = tempfile.mkstemp

    def slow(**options: str) -> tuple[int, str]:
        make()
        return mkstemp(**options)

    monkeypatch.setattr(tempfile, "mkstemp", slow)
    with pytest.raises(FileExistsError):
        write_file(path, b"x")
    assert [one.name for one in tmp_path.iterdir()] == ["report"]
    assert path.is_symlink() or path.stat().st_size == 0


def test_a_name_that_is_too_long_is_said_before_anything_is_looked_at(tmp_path: Path) -> None:
    assert why_unwritable(tmp_path / ("n" * 300)) == "File name too long"


def test_a_descriptor_is_written_to_where_it_stands(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as stream:
        stream.write(b"before ")
        stream.flush()
        write_file(Path(f"/dev/fd/{stream.fileno()}"), b"after")
        write_file(Path(f"/proc/self/fd/{stream.fileno()}"), b" all")
    assert (tmp_path / "a").read_bytes() == b"before after all"


def test_no_room_leaves_what_was_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        write_file(Path("/dev/full"), b"x")
    with pytest.raises(FileNotFoundError):
        write_file(tmp_path / "none" / "x", b"x")
    with pytest.raises(IsADirectoryError):
        write_file(tmp_path, b"x")


def test_only_plain_files_are_the_same(tmp_path: Path) -> None:
    assert not same_file(Path("/dev/null"), Path("/dev/null"))
    assert not same_file(tmp_path / "a", tmp_path / "a")
