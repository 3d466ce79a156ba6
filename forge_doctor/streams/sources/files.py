"""Finds the log files that arguments name: paths, globs, directories, `-`; rotated sets become one log each."""

from __future__ import annotations

import glob
import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import CannotInspect
from forge_doctor.finding import NotRun
from forge_doctor.regex import regex
from forge_doctor.streams.sources.pipes import Pipe, is_terminal, opened_raw
from forge_doctor.streams.sources.unpack import PlainLog, open_plain

CHECK = "logs"
# What reads the URLs of each scheme.
SCHEMES = {"s3": "s3fs", "gs": "gcsfs", "file": "fsspec"}
PACKED = (".gz", ".bz2", ".xz", ".zst")
# app.log.1, app.log-20261122, app.log.2026-11-22, app-2026-11-22.log, app.log.2026-11-22_08-00
NUMBERED = regex(r"^(?P<name>.+)\.(?P<number>\d{1,3})$")
DATED = regex(r"^(?P<name>.+?)[._-](?P<date>\d{4}-?\d\d-?\d\d(?:[T_.-]?\d\d[-:]?\d\d(?:[-:]?\d\d)?)?)(?P<rest>\.\w+)?$")


class LogStream(Protocol):
    """Plain bytes of a log; `readinto` gives 0 at the end and raises `CannotInspect` at damage."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the buffer."""

    def close(self) -> None:
        """Let go of it."""


class Source(Protocol):
    """A log to read: its name in the report, how it is read, and its size where that is known."""

    @property
    def name(self) -> str:
        """What the report calls it."""

    @property
    def way(self) -> str:
        """How it is read."""

    @property
    def size(self) -> int | None:
        """Bytes on disk, None where unknown."""

    def open(self) -> LogStream:
        """Begin to read; raises `CannotInspect`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """A log in one file, or in several that were rotated, oldest first."""

    name: str
    paths: tuple[Path, ...]

    @property
    def way(self) -> str:
        """How it is read, for the report."""
        return "file" if len(self.paths) == 1 else f"{len(self.paths)} rotated files, oldest first"

    @property
    def size(self) -> int | None:
        """Bytes on disk, as far as they can be seen."""
        return sum(path.stat().st_size for path in self.paths if path.is_file())

    def open(self) -> LogStream:
        """Raises `CannotInspect` for a file that can't be read, is empty or no text."""
        if len(self.paths) == 1:
            return open_path(self.paths[0])
        return Chain([lambda path=path: open_path(path) for path in self.paths])  # type: ignore[misc]


@dataclass(frozen=True, slots=True, kw_only=True)
class StdinSource:
    """What is piped in; packed or not."""

    name: str = "stdin"

    @property
    def way(self) -> str:
        """How it is read, for the report."""
        return "standard input"

    @property
    def size(self) -> int | None:
        """Nobody knows."""
        return None

    def open(self) -> LogStream:
        """Raises `CannotInspect` where nothing is piped in, and for a device that never ends."""
        kind = os.fstat(0)
        if (
            stat.S_ISCHR(kind.st_mode)
            and not is_terminal(Path("/dev/stdin"))
            and kind.st_rdev != Path(os.devnull).stat().st_rdev
        ):
            raise CannotInspect("standard input: is a device, not a log")
        return open_plain("standard input", Pipe(0))


class Chain:
    """Streams one after another; a damaged one is skipped, and reported when all are read."""

    def __init__(self, openers: Sequence[Callable[[], LogStream]]) -> None:
        self._openers = list(openers)
        self._stream: LogStream | None = None
        self._problems: list[str] = []

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer from the first stream that has something."""
        while self._stream is not None or self._openers:
            try:
                if self._stream is None:
                    self._stream = self._openers.pop(0)()
                if got := self._stream.readinto(buffer):
                    return got
            except CannotInspect as problem:
                self._problems.append(str(problem))
            self.close()
        if self._problems:
            problems, self._problems = self._problems, []
            raise CannotInspect("; ".join(problems))
        return 0

    def close(self) -> None:
        """Close the stream being read."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


class FileSlice(io.RawIOBase):
    """The bytes of a file from `start` to `end`, or to wherever it ends."""

    def __init__(self, path: Path, start: int, end: int | None = None) -> None:
        super().__init__()
        self._file = io.FileIO(path)
        self._file.seek(start)
        self._left = sys.maxsize if end is None else max(0, end - start)

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer; 0 at the end."""
        view = memoryview(buffer).cast("B")[: self._left]
        count = self._file.readinto(view) or 0 if view else 0
        self._left -= count
        return count

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()


def open_path(path: Path) -> PlainLog:
    """The plain bytes of a file; raises `CannotInspect` naming it and what to do."""
    try:
        raw = opened_raw(path)
    except FileNotFoundError:
        raise CannotInspect(f"{path}: no such file") from None
    except PermissionError:
        raise CannotInspect(f"{path}: permission denied: run as a user who may read it, or with sudo") from None
    except OSError as error:
        raise CannotInspect(f"{path}: cannot be opened: {error.strerror}") from error
    try:
        return open_plain(str(path), raw)
    except CannotInspect:
        raw.close()
        raise


def is_path(argument: str) -> bool:
    """Whether an argument means a file and not a container: it exists, or is written as one."""
    return argument == "-" or os.sep in argument or is_glob(argument) or Path(argument).exists()


def is_url(argument: str) -> bool:
    """Whether an argument names object storage."""
    return argument.partition("://")[0] in SCHEMES and "://" in argument


def is_glob(argument: str) -> bool:
    """Whether the shell left a pattern in it."""
    return any(sign in argument for sign in "*?[") and not Path(argument).exists()


def find_files(arguments: Iterable[str]) -> tuple[tuple[FileSource, ...], tuple[NotRun, ...]]:
    """The logs the arguments name, each file once; and what they name that isn't there."""
    sources: dict[tuple[Path, ...], FileSource] = {}
    missing: list[NotRun] = []
    for argument in arguments:
        paths, problem = expand(argument)
        if problem:
            missing.append(NotRun(check=CHECK, reason=problem, remedy="Check the path."))
        alone = len(paths) == 1
        for source in [FileSource(name=str(paths[0]), paths=tuple(paths))] if alone else group_rotated(paths):
            sources.setdefault(source.paths, source)
    covered = {path for source in sources.values() if len(source.paths) > 1 for path in source.paths}
    kept = tuple(one for one in sources.values() if len(one.paths) > 1 or one.paths[0] not in covered)
    return kept, tuple(missing)


def expand(argument: str) -> tuple[list[Path], str]:
    """The files of an argument, or why there is none."""
    path = Path(argument)
    if path.is_dir():
        closed: list[OSError] = []
        folders = os.walk(path, onerror=closed.append)
        entries = sorted(Path(folder, name) for folder, _, names in folders for name in names if name[:1] != ".")
        problem = "; ".join(f"{error.filename}: cannot be listed: {error.strerror}" for error in closed)
        found = [entry for entry in entries if entry.is_file()]
        return found, problem if found or problem else f"{argument}: holds no files"
    if is_glob(argument):
        # pathlib globs no absolute patterns.
        names = glob.glob(argument, recursive=True)  # noqa: PTH207
        found = sorted(Path(name) for name in names if Path(name).is_file())
        return found, "" if found else f"{argument}: matches no file"
    return [path], ""


def group_rotated(paths: Iterable[Path]) -> list[FileSource]:
    """Rotated files under the name of the log they belong to, oldest first; any other file by itself."""
    groups: dict[Path, list[tuple[tuple[int, int, str], Path]]] = {}
    for path in paths:
        base, age = rotation(path)
        groups.setdefault(base, []).append((age, path))
    return [
        FileSource(
            name=str(base if len(members) > 1 else members[0][1]), paths=tuple(path for _, path in sorted(members))
        )
        for base, members in groups.items()
    ]


def rotation(path: Path) -> tuple[Path, tuple[int, int, str]]:
    """The log a file belongs to, and a sort key that puts older parts first."""
    name = path.name
    for ending in PACKED:
        name = name.removesuffix(ending)
    if numbered := NUMBERED.match(name):
        inner = DATED.match(numbered["name"])
        base, date = (inner["name"] + (inner["rest"] or ""), inner["date"]) if inner else (numbered["name"], "")
        return path.with_name(base), (0, 0 if date else -int(numbered["number"]), f"{date}.{numbered['number']:>3}")
    if dated := DATED.match(name):
        return path.with_name(dated["name"] + (dated["rest"] or "")), (0, 0, dated["date"])
    return path.with_name(name), (1, 0, "")
