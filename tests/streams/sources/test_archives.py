"""Logs in tar and zip archives are read like logs beside one another; what cannot be read of them is said."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect
from forge_doctor.logs.collect import Task, collect
from forge_doctor.streams.sources import archives
from forge_doctor.streams.sources.archives import MemberSource, members, with_members
from forge_doctor.streams.sources.files import FileSource
from tests.support.log_reading import RULES, SAMPLES

LOGS = {"pods/web-1.log": "lazy_default_311.raw.log", "pods/web-2.log": "psycopg_311.raw.log"}
EXTRA = {"pods/.hidden": b"x", "__MACOSX/pods/._web-1.log": b"x", "pods/empty.log": b""}


def packed(path: Path, kind: str) -> Path:
    """An archive of two logs, and what is no log."""
    texts = {name: (SAMPLES / sample).read_bytes() for name, sample in LOGS.items()} | EXTRA
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in texts.items():
                archive.writestr(name, data)
        return path
    with tarfile.open(path, kind) as tar:  # type: ignore[call-overload]
        for name, data in texts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


def counts(source: FileSource | MemberSource) -> list[tuple[str, int]]:
    found = collect(Task(source=source, rules=RULES))
    assert found.problem == ""
    return sorted((one.signature, one.count) for one in found.summary.groups.values())


@pytest.mark.parametrize("kind", ["zip", "w", "w:gz", "w:bz2", "w:xz"])
def test_each_member_is_a_log_of_its_own(kind: str, tmp_path: Path) -> None:
    path = packed(tmp_path / "logs", kind)
    found, broken = with_members([FileSource(name=str(path), paths=(path,))])
    assert broken == ()
    assert [one.name for one in found] == [f"{path}:{name}" for name in LOGS]
    for source, sample in zip(found, LOGS.values(), strict=True):
        assert counts(source) == counts(FileSource(name=sample, paths=(SAMPLES / sample,)))


def test_a_log_that_is_no_archive_stays_what_it_is() -> None:
    source = FileSource(name="app", paths=(SAMPLES / "healthy_312.raw.log",))
    assert with_members([source]) == ((source,), ())


@pytest.mark.parametrize("kind", ["zip", "w:gz"])
def test_an_archive_that_was_cut_is_said(kind: str, tmp_path: Path) -> None:
    path = packed(tmp_path / "logs", kind)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found, broken = with_members([FileSource(name=str(path), paths=(path,))])
    said = [one.reason for one in broken] + [collect(Task(source=one, rules=RULES)).problem for one in found]
    assert any("read" in one for one in said)


def test_an_archive_without_files_is_said(tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("folder/", b"")
    with pytest.raises(CannotInspect, match="holds no files"):
        members(path)


def test_a_member_behind_a_password_is_said(tmp_path: Path) -> None:
    path = packed(tmp_path / "logs.zip", "zip")
    data = bytearray(path.read_bytes())
    # The flag that says so, in the member's header and in the directory at the end.
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(magic) + at] |= 1
    path.write_bytes(data)
    found, _ = with_members([FileSource(name=str(path), paths=(path,))])
    assert "password" in collect(Task(source=found[0], rules=RULES)).problem


def test_the_directory_of_a_zip_is_read_once_for_all_of_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(50):
            archive.writestr(f"{number}.log", f"line {number}\n")
    found = members(path) or ()
    read: list[Path] = []

    class Counted(zipfile.ZipFile):
        def __init__(self, file: Path) -> None:
            read.append(file)
            super().__init__(file)

    monkeypatch.setattr(zipfile, "ZipFile", Counted)
    for number, one in enumerate(found):
        with one.open() as log:
            assert bytes(log.read(100)) == f"line {number}\n".encode()
    assert read == [path]


def test_files_beyond_the_most_of_an_archive_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(5):
            archive.writestr(f"{number}.log", "line\n")
    found, (told,) = with_members([FileSource(name=str(path), paths=(path,))])
    assert [one.name for one in found] == [f"{path}:{number}.log" for number in range(3)]
    assert "only the first 3 of its 5 files" in told.reason


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
@pytest.mark.parametrize(
    "names", [("app.log.2.gz", "app.log.1", "app.log"), ("./web.log-20260501", "./web.log-20260502", "./web.log")]
)
def test_rotated_members_are_one_log_oldest_first(
    order: tuple[int, ...], names: tuple[str, ...], tmp_path: Path
) -> None:
    whole = (SAMPLES / "lazy_default_311.raw.log").read_bytes()
    # A traceback is cut by each rotation.
    frames = [at for at in range(len(whole)) if whole.startswith(b'\n  File "', at)]
    first, second = frames[len(frames) // 3] + 1, frames[2 * len(frames) // 3] + 1
    parts = dict(zip(names, (whole[:first], whole[first:second], whole[second:]), strict=True))
    path = tmp_path / "logs.tar"
    with tarfile.open(path, "w") as tar:
        for name in (names[number] for number in order):
            data = gzip.compress(parts[name]) if name.endswith(".gz") else parts[name]
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    (source,), broken = with_members([FileSource(name=str(path), paths=(path,))])
    assert broken == ()
    assert "3 rotated files" in source.way
    assert counts(source) == counts(FileSource(name="whole", paths=(SAMPLES / "lazy_default_311.raw.log",)))
