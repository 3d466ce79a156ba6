"""A file's content as a whole, whatever a name leads to: bounded, and never waited for where nothing comes by itself."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MOST_BYTES = 64 << 20
TOO_LONG = "is longer than any such file"


def read_whole(path: Path | str) -> bytes:
    """Raises `OSError` for what is longer than `MOST_BYTES` (a device without end), and where nothing is there to be read
    yet: some files of the system wait for what comes. A pipe is read to its end, one that nobody writes to is empty."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if stat.S_ISFIFO(status.st_mode):
            os.set_blocking(descriptor, True)
        if not stat.S_ISREG(status.st_mode):
            data = file.read(MOST_BYTES + 1)
        elif status.st_size <= MOST_BYTES:
            data = file.read()
        else:
            raise OSError(errno.EFBIG, TOO_LONG, str(path))
    if data is None:
        raise BlockingIOError(errno.EAGAIN, "nothing is there to be read", str(path))
    if len(data) > MOST_BYTES:
        raise OSError(errno.EFBIG, TOO_LONG, str(path))
    return data
