"""Writes a file that somebody named: all of it or nothing where it is a plain file of ours, else into what is there.

A device, a pipe, a link, a file with other names, another owner or attributes of its own is written to, never replaced:
what it is, whose it is and who may read it stays. A file that its mode protects is not written to.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
import stat
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_DESCRIPTOR = re.compile(r"/(?:dev|proc/(?:self|thread-self|[0-9]{1,9}))/fd/([0-9]{1,6})")
# How long a pipe that nobody reads, or whose reader takes nothing, is waited for.
PATIENCE_S = 60.0
PAUSE_S = 0.05
_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}


def write_file(path: Path, data: bytes, tell: Callable[[str], None] | None = None) -> None:
    """Make `data` the file's content; `tell` hears what a person should know. Raises `OSError`."""
    descriptor = _own_descriptor(path)
    if descriptor is not None:
        with os.fdopen(os.dup(descriptor), "wb") as stream:
            stream.write(data)
        return
    try:
        status = path.stat()
    except FileNotFoundError:
        _create(path, data)
        return
    if not stat.S_ISREG(status.st_mode):
        _write_special(path, data, status, tell)
        return
    if not status.st_mode & 0o222 or not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is read-only")
    target = path.resolve()
    if status.st_nlink > 1 and tell is not None:
        tell(f"{path} has {status.st_nlink} names, and under all of them it is changed")
    if _is_replaceable(target, status):
        _replace(target, data, status.st_mode)
    else:
        _overwrite(target, data)


def why_unwritable(path: Path) -> str:
    """Why `write_file` could not write there, as far as can be seen without touching it; empty where nothing is known."""
    try:
        return _why_unwritable(path)
    except OSError as error:  # a name that is too long, say
        return error.strerror or str(error)


def _why_unwritable(path: Path) -> str:
    if _own_descriptor(path) is not None:
        return ""
    if path.is_dir():
        return os.strerror(errno.EISDIR)
    if path.exists():
        return "" if os.access(path, os.W_OK) else "the file is read-only"
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        return os.strerror(errno.ENOTDIR if folder.exists() else errno.ENOENT)
    return "" if os.access(folder, os.W_OK | os.X_OK) else os.strerror(errno.EACCES)


def same_file(one: Path, other: Path) -> bool:
    """Whether both are one plain file, under whatever names."""
    try:
        first, second = one.stat(), other.stat()
    except OSError:
        return False
    return stat.S_ISREG(first.st_mode) and os.path.samestat(first, second)


def _own_descriptor(path: Path) -> int | None:
    """The number in `/dev/fd/N`: opened anew, a file would be written from its beginning."""
    written = str(path)
    found = _DESCRIPTOR.fullmatch(written)
    if found is None:
        return _STREAMS.get(written)
    owner = written.split("/")[2]
    return int(found[1]) if not owner.isdigit() or int(owner) == os.getpid() else None


def _create(path: Path, data: bytes) -> None:
    if path.is_symlink():  # to nothing yet: what it names is made
        path.write_bytes(data)
        return
    mask = os.umask(0)
    os.umask(mask)
    _replace(path, data, 0o666 & ~mask, is_new=True)


def _write_special(path: Path, data: bytes, status: os.stat_result, tell: Callable[[str], None] | None) -> None:
    """Into a device or pipe; one that nobody reads yet is waited for, a while, and that is said."""
    flags = os.O_WRONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    descriptor = _opened(path, flags, tell) if stat.S_ISFIFO(status.st_mode) else os.open(path, flags)
    try:
        _pour(descriptor, data)
    finally:
        os.close(descriptor)


def _opened(path: Path, flags: int, tell: Callable[[str], None] | None) -> int:
    """The end of a pipe that is written to, which the system does not give before somebody reads."""
    end = time.monotonic() + PATIENCE_S
    is_told = False
    while True:
        try:
            return os.open(path, flags)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        if not is_told and tell is not None:
            tell(f"{path} is a pipe that nobody reads; waiting {PATIENCE_S:g} s for a reader")
        is_told = True
        if time.monotonic() > end:
            raise TimeoutError(errno.ETIMEDOUT, f"nobody read it within {PATIENCE_S:g} s")
        time.sleep(PAUSE_S)


def _pour(descriptor: int, data: bytes) -> None:
    """All of it, as fast as it is taken; raises `TimeoutError` where nothing of it is taken for long."""
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            if not select.select((), (descriptor,), (), PATIENCE_S)[1]:
                reason = f"whoever reads it took nothing for {PATIENCE_S:g} s"
                raise TimeoutError(errno.ETIMEDOUT, reason) from None


def _is_replaceable(path: Path, status: os.stat_result) -> bool:
    """Whether a new file in its stead has all that the old one had."""
    ours = status.st_uid == os.geteuid() and status.st_gid == os.getegid() and status.st_nlink == 1
    return ours and os.access(path.parent, os.W_OK | os.X_OK) and not _attributes(path)


def _attributes(path: Path) -> list[str]:
    """Access lists, labels and capabilities, which belong to the old file."""
    try:
        return os.listxattr(path)
    except (OSError, AttributeError):
        return []


def _replace(path: Path, data: bytes, mode: int, *, is_new: bool = False) -> None:
    """Put a new file there at once; one that is new takes no name that something else got meanwhile."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(mode & 0o7777)
        if is_new and _linked(temporary, path):
            Path(temporary).unlink()
        else:
            Path(temporary).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def _linked(temporary: str, path: Path) -> bool:
    """False where the file system has no second names; raises `FileExistsError` where the name is taken."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:
        return False
    return True


def _overwrite(path: Path, data: bytes) -> None:
    """In place: no more is cut off than the new content leaves over."""
    with path.open("r+b") as stream:
        stream.write(data)
        stream.truncate()
