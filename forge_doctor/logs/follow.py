"""Reads logs while they grow, are truncated, rotated or removed; never waits on one while another has something."""

from __future__ import annotations

import io
import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from forge_doctor.errors import CannotInspect
from forge_doctor.logs.scan.region import Region
from forge_doctor.logs.scan.scanner import Scanner
from forge_doctor.logs.scan.wanted import Wanted
from forge_doctor.streams.sources.files import LogStream

IDLE_S = 0.2
# An event is taken as complete where its log has been quiet for so long.
SETTLED_S = 1.0
# Rounds without news after which it is asked whether anybody still writes the log.
QUIET_ROUNDS = 3
MOST_SIBLINGS = 20


class Followed(Protocol):
    """A log that may grow: `readinto` gives None where nothing has come yet and 0 at the end."""

    @property
    def name(self) -> str:
        """What the report calls it."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the buffer without waiting."""

    def close(self) -> None:
        """Let go of it."""


class ReadFiles:
    """The files that were read already, by whatever names they have been given since."""

    HEAD_BYTES = 256

    def __init__(self) -> None:
        self._heads: dict[tuple[int, int], bytes] = {}

    def note(self, descriptor: int) -> None:
        """Remember an open file."""
        status = os.fstat(descriptor)
        self._heads[status.st_dev, status.st_ino] = os.pread(descriptor, self.HEAD_BYTES, 0)

    def knows(self, path: Path) -> bool:
        """Whether a file was read: the number of one that is gone may be another's, which begins differently."""
        status = path.stat()
        head = self._heads.get((status.st_dev, status.st_ino))
        if not head:
            return False
        with path.open("rb") as file:
            return file.read(len(head)) == head


class FollowedFile:
    """A file by its name, as `tail -F` follows it, from the byte `start` on; what `read` knows is not read again.

    `alive` says whether anybody still writes it; once nobody does, what is left is read and it ends.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str = "",
        start: int = 0,
        alive: Callable[[], bool] = lambda: True,
        read: ReadFiles | None = None,
    ) -> None:
        self._path, self.name, self._alive = path, name or str(path), alive
        self._read = read or ReadFiles()
        self._file = self._opened(path)
        self._file.seek(start)
        self._queue: list[Path] = []
        self._was_alive, self._quiet = True, 0

    def readinto(self, buffer: memoryview, /) -> int | None:
        """What was written since; None where nothing was."""
        try:
            count = self._file.readinto(buffer)
            if count:
                if self._file.tell() == count:
                    self._read.note(self._file.fileno())
                return count
            if self._truncated():
                self._file.seek(0)
            elif not self._next_file():
                return self._nothing()
            count = self._file.readinto(buffer) or None
            self._read.note(self._file.fileno())
            return count
        except OSError as error:
            raise CannotInspect(f"{self._path}: cannot be read any more: {error.strerror}") from error

    def _nothing(self) -> int | None:
        self._quiet += 1
        if self._quiet % QUIET_ROUNDS:
            return None
        # What was written between our last read and its end is read by further rounds.
        ended, self._was_alive = not self._was_alive, self._alive()
        return 0 if ended else None

    def _truncated(self) -> bool:
        return os.fstat(self._file.fileno()).st_size < self._file.tell()

    def _next_file(self) -> bool:
        """Go on in the file that took this one's place, by way of those rotated away in between."""
        if not self._queue:
            self._queue = self._newer()
        if not self._queue:
            return False
        following = self._opened(self._queue.pop(0))
        self._file.close()
        self._file = following
        return True

    def _newer(self) -> list[Path]:
        mine = os.fstat(self._file.fileno()).st_ino
        newer: list[Path] = []
        for path in (self._path, *(self._path.with_name(f"{self._path.name}.{n}") for n in range(1, MOST_SIBLINGS))):
            if not path.exists():
                break
            if path.stat().st_ino == mine or self._read.knows(path):
                return newer[::-1]
            newer.append(path)
        # Ours was removed or packed: only the file under the name itself is surely newer.
        return newer[:1]

    def _opened(self, path: Path) -> io.FileIO:
        try:
            file = io.FileIO(path)
            self._read.note(file.fileno())
        except OSError as error:
            raise CannotInspect(f"{path}: cannot be opened: {error.strerror}") from error
        return file

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class WithPast:
    """What was rotated away before, then the log that grows."""

    def __init__(self, past: LogStream, now: Followed) -> None:
        self.name, self._past, self._now = now.name, past, now
        self._is_past = True

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the buffer without waiting."""
        if self._is_past:
            if got := self._past.readinto(buffer):
                return got
            self._past.close()
            self._is_past = False
        return self._now.readinto(buffer)

    def close(self) -> None:
        """Let go of both."""
        self._past.close()
        self._now.close()


class FollowedPieces:
    """A stream that can only be waited for, read by a thread of its own."""

    def __init__(self, name: str, pieces: Callable[[], Iterable[bytes]], most_pieces: int = 256) -> None:
        self.name = name
        self._pieces, self._rest = pieces, b""
        self._arrived: queue.Queue[bytes | CannotInspect | None] = queue.Queue(most_pieces)
        threading.Thread(target=self._receive, name=f"log of {name}", daemon=True).start()

    def _receive(self) -> None:
        try:
            for piece in self._pieces():
                if piece:
                    self._arrived.put(piece)
            self._arrived.put(None)
        except CannotInspect as problem:
            self._arrived.put(problem)

    def readinto(self, buffer: memoryview, /) -> int | None:
        """What has arrived; None where nothing has, 0 at the end."""
        if not self._rest:
            try:
                piece = self._arrived.get_nowait()
            except queue.Empty:
                return None
            if isinstance(piece, CannotInspect):
                raise piece
            if piece is None:
                return 0
            self._rest = piece
        count = min(len(self._rest), len(buffer))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        """The thread ends with its stream, or with the process."""


class FollowLoop:
    """Takes turns among logs; regions come out as soon as they are complete or their log has been quiet a while.

    `wait` sleeps for seconds and is where an interrupt ends the loop; `problems` collects what broke off.
    """

    def __init__(self, logs: Iterable[Followed], wanted: Wanted, wait: Callable[[float], None]) -> None:
        self._open = [(log, Scanner(log.name, wanted)) for log in logs]
        self.scanners = tuple(scanner for _, scanner in self._open)
        self._wait = wait
        self._quiet_s = dict.fromkeys(self.scanners, 0.0)
        self.problems: list[str] = []

    def regions(self) -> Iterator[Region | None]:
        """The regions as they come, and None each time nothing new was there; ends with the last log."""
        while self._open:
            moved = False
            for log, scanner in tuple(self._open):
                got = self._read(log, scanner)
                if got:
                    moved = True
                    yield from scanner.advance(got)
                elif got == 0:
                    self._open.remove((log, scanner))
                    log.close()
                    yield from scanner.finish()
                else:
                    yield from self._settled(scanner)
            if not moved and self._open:
                yield None
                self._wait(IDLE_S)

    def finish(self) -> Iterator[Region]:
        """What was still growing when the loop was interrupted."""
        for log, scanner in self._open:
            log.close()
            yield from scanner.finish()
        self._open = []

    def _settled(self, scanner: Scanner) -> Iterator[Region]:
        self._quiet_s[scanner] += IDLE_S
        if SETTLED_S <= self._quiet_s[scanner] < SETTLED_S + IDLE_S:
            yield from scanner.settle()

    def _read(self, log: Followed, scanner: Scanner) -> int | None:
        try:
            got = log.readinto(scanner.room())
        except CannotInspect as problem:
            self.problems.append(str(problem))
            return 0
        if got:
            self._quiet_s[scanner] = 0.0
        return got
