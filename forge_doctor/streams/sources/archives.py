"""Logs inside tar and zip archives: a member is a log of its own, rotated ones are one together; nothing is written to disk."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import CannotInspect
from forge_doctor.finding import NotRun
from forge_doctor.streams.sources.files import CHECK, Chain, FileSource, LogStream, group_rotated
from forge_doctor.streams.sources.unpack import BZIP2, GZIP, XZ, PlainLog, open_plain

if TYPE_CHECKING:
    import zipfile

ZIP, TAR, TAR_AT = b"PK\x03\x04", b"ustar", 257
BLOCK = 512
MOST_MEMBERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSource:
    """A log in an archive: its name there, and the members that it is in, oldest first; `unpacked_bytes` as the archive says."""

    path: Path
    member: str
    parts: tuple[str, ...]
    unpacked_bytes: int
    kind: str

    @property
    def name(self) -> str:
        """The archive's path and the member's."""
        return f"{self.path}:{self.member}"

    @property
    def way(self) -> str:
        """How it is read, for the report."""
        count = len(self.parts)
        return f"member of a {self.kind} archive" + (f", {count} rotated files, oldest first" if count > 1 else "")

    @property
    def size(self) -> int | None:
        """Bytes, unpacked."""
        return self.unpacked_bytes

    def open(self) -> LogStream:
        """Raises `CannotInspect` for an archive, or a member, that can't be read."""
        if len(self.parts) == 1:
            return self._open(self.parts[0])
        return Chain([partial(self._open, part) for part in self.parts])

    def _open(self, part: str) -> PlainLog:
        name = f"{self.path}:{part}"
        try:
            return open_plain(name, Member(*self._opened(part)))
        except _faults() as error:
            raise CannotInspect(f"{name}: cannot be read: {error}") from error

    def _opened(self, part: str) -> tuple[IO[bytes], OpenTar | None]:
        changed = self.path.stat().st_mtime_ns
        if self.kind == "zip":
            return _zip_file(self.path, changed, os.getpid()).open(part), None
        archive = _tar_file(self.path, changed, os.getpid())
        file = archive.open(part)
        if file is None:
            raise CannotInspect(f"{self.path}:{part}: is no file")
        return file, archive


# An archive is opened once for all of its members, in each process: each time its whole directory, or all that stands
# before the member, would be read.


@lru_cache(maxsize=1)
def _zip_file(path: Path, _changed_ns: int, _pid: int) -> zipfile.ZipFile:
    import zipfile

    return zipfile.ZipFile(path)


@lru_cache(maxsize=1)
def _tar_file(path: Path, _changed_ns: int, _pid: int) -> OpenTar:
    return OpenTar(path)


class OpenTar:
    """A tar archive, open for as long as somebody has it, and where its members are."""

    def __init__(self, path: Path) -> None:
        import tarfile

        self._archive = tarfile.open(path)  # noqa: SIM115
        self._places = {one.name: one for one in self._archive}

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):  # it could not be opened
            self._archive.close()

    def open(self, member: str) -> IO[bytes] | None:
        """A file of it; None for what is none."""
        place = self._places.get(member)
        return None if place is None else self._archive.extractfile(place)


class Member(io.RawIOBase):
    """A member's bytes; has its archive as long as they are read."""

    def __init__(self, file: IO[bytes], archive: OpenTar | None = None) -> None:
        super().__init__()
        self._file: Any = file
        self._archive = archive

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer; 0 at the end."""
        view = memoryview(buffer).cast("B")
        try:
            piece = self._file.read1(len(view)) if hasattr(self._file, "read1") else self._file.read(len(view))
        except _faults() as error:
            raise OSError(str(error)) from error
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Close the member, not its archive: that is the others' too."""
        self._file.close()
        self._archive = None
        super().close()


def with_members(sources: Iterable[FileSource]) -> tuple[tuple[FileSource | MemberSource, ...], tuple[NotRun, ...]]:
    """The logs with those inside archives in the archives' places; and the archives that can't be read."""
    found: list[FileSource | MemberSource] = []
    broken: list[NotRun] = []
    for source in sources:
        plain = []
        for path in source.paths:
            try:
                inside = members(path)
            except CannotInspect as problem:
                broken.append(NotRun(check=CHECK, reason=str(problem)))
                continue
            if inside is None:
                plain.append(path)
            else:
                found += inside[:MOST_MEMBERS]
                if len(inside) > MOST_MEMBERS:
                    left = f"{path}: only the first {MOST_MEMBERS} of its {len(inside)} files were read; unpack it, and name its folder"
                    broken.append(NotRun(check=CHECK, reason=left))
        if plain:
            found.append(
                source if len(plain) == len(source.paths) else FileSource(name=source.name, paths=tuple(plain))
            )
    return tuple(found), tuple(broken)


def members(path: Path) -> tuple[MemberSource, ...] | None:
    """The logs in an archive, None where the file is none; raises `CannotInspect` for one that can't be read."""
    kind = _kind(path)
    if kind is None:
        return None
    try:
        sizes = dict(_zipped(path) if kind == "zip" else _packed(path))
    except _faults() as error:
        raise CannotInspect(f"{path}: the {kind} archive cannot be read: {error}") from error
    if not sizes:
        raise CannotInspect(f"{path}: the {kind} archive holds no files")
    # A rotated set stands in an archive in whatever order somebody packed it.
    names = {Path(name): name for name in sizes}
    return tuple(
        _source(path, kind, one, tuple(names[part] for part in one.paths), sizes) for one in group_rotated(names)
    )


def _source(path: Path, kind: str, log: FileSource, parts: tuple[str, ...], sizes: Mapping[str, int]) -> MemberSource:
    member = parts[0] if len(parts) == 1 else log.name
    return MemberSource(
        path=path, member=member, parts=parts, unpacked_bytes=sum(map(sizes.__getitem__, parts)), kind=kind
    )


def _kind(path: Path) -> str | None:
    """`zip` or `tar`, told by content, also of a tar that was packed."""
    if not path.is_file():
        return None
    with contextlib.suppress(OSError), path.open("rb") as file:
        head = file.read(BLOCK)
        if head.startswith(ZIP):
            return "zip"
        if not head.startswith((GZIP, BZIP2, XZ)):
            return "tar" if head[TAR_AT : TAR_AT + len(TAR)] == TAR else None
        file.seek(0)
        from lzma import LZMAError

        with contextlib.suppress(EOFError, LZMAError), _unpacker(head, file) as plain:
            return "tar" if plain.read(BLOCK)[TAR_AT : TAR_AT + len(TAR)] == TAR else None
    return None


def _unpacker(head: bytes, file: IO[bytes]) -> IO[bytes]:
    if head.startswith(GZIP):
        import gzip

        return cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    import bz2
    import lzma

    return cast("IO[bytes]", bz2.BZ2File(file) if head.startswith(BZIP2) else lzma.LZMAFile(file))


def _zipped(path: Path) -> Iterator[tuple[str, int]]:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        for one in archive.infolist():
            if _is_log(one.filename) and not one.is_dir() and one.file_size:
                yield one.filename, one.file_size


def _packed(path: Path) -> Iterator[tuple[str, int]]:
    import tarfile

    with tarfile.open(path) as archive:
        for one in archive:
            if one.isfile() and one.size and _is_log(one.name):
                yield one.name, one.size


def _is_log(name: str) -> bool:
    """Whether a member is one that somebody put there: no hidden file, no resource fork."""
    parts = name.split("/")
    return not parts[-1].startswith(".") and parts[0] != "__MACOSX"


def _faults() -> tuple[type[Exception], ...]:
    import tarfile
    import zipfile
    import zlib

    # A password that is missing, and a method that nobody knows, are RuntimeErrors.
    return (OSError, EOFError, RuntimeError, tarfile.TarError, zipfile.BadZipFile, zlib.error)
