"""Opens what is no plain file: pipes in large pieces, FIFOs that somebody writes to; refuses what never ends."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import select
import stat
from pathlib import Path
from typing import Any

from forge_doctor.errors import CannotInspect

PIPE_SIZE = getattr(fcntl, "F_SETPIPE_SZ", fcntl.F_GETFD)


class Pipe(io.RawIOBase):
    """A pipe read in as large pieces as arrive without a pause."""

    PIPE_BYTES, PAUSE_S = 1 << 20, 0.2

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        # Refused for a terminal, a file, and where the user has too many pipes: it is only faster.
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, PIPE_SIZE, self.PIPE_BYTES)

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Wait for something, then take all that comes before the next pause; 0 at the end."""
        view = memoryview(buffer).cast("B")
        filled = os.readv(self._descriptor, [view])
        while 0 < filled < len(view) and select.select([self._descriptor], [], [], self.PAUSE_S)[0]:
            got = os.readv(self._descriptor, [view[filled:]])
            if not got:
                break
            filled += got
        return filled


class Fifo(Pipe):
    """A FIFO by its name; raises `CannotInspect` where nobody opens it for writing for WAIT_S."""

    WAIT_S, LOOK_S = 5.0, 0.1

    def __init__(self, path: Path) -> None:
        self._descriptor = -1
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            self._head = self._first(path, descriptor)
        except CannotInspect:
            os.close(descriptor)
            raise
        os.set_blocking(descriptor, True)
        super().__init__(descriptor)

    def _first(self, path: Path, descriptor: int) -> bytes:
        """The first bytes of a writer; none where there is one who has not written yet."""
        for _ in range(round(self.WAIT_S / self.LOOK_S)):
            try:
                head = os.read(descriptor, 1 << 16)
            except BlockingIOError:
                return b""
            if head:
                return head
            select.select([], [], [], self.LOOK_S)
        raise CannotInspect(f"{path}: is a FIFO that nobody writes to: nothing came for {self.WAIT_S:g} s")

    def readinto(self, buffer: Any, /) -> int:
        """What came first, then what comes."""
        if not self._head:
            return super().readinto(buffer)
        view = memoryview(buffer).cast("B")
        piece, self._head = self._head[: len(view)], self._head[len(view) :]
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Close the descriptor too."""
        if not self.closed and self._descriptor >= 0:
            os.close(self._descriptor)
        super().close()


def opened_raw(path: Path) -> io.RawIOBase:
    """The file's bytes; raises `OSError`, and `CannotInspect` for what never ends and a FIFO that nobody writes to."""
    kind = path.stat().st_mode
    if stat.S_ISFIFO(kind):
        return Fifo(path)
    if stat.S_ISBLK(kind) or (stat.S_ISCHR(kind) and path.resolve() != Path(os.devnull) and not is_terminal(path)):
        raise CannotInspect(f"{path}: is a device, not a log")
    return io.FileIO(path)


def is_terminal(path: Path) -> bool:
    """Whether a path is standard input's, or another descriptor's, terminal."""
    return path.resolve().as_posix().startswith(("/dev/pts/", "/dev/tty"))
