"""Where a process writes: its standard output and error, and the files it appends to; opens none of them."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from enum import StrEnum

from forge_doctor.dataclass import dataclass
from forge_doctor.probes.deployment.mounts import seen_from_here

DELETED = " (deleted)"
FLAGS = re.compile(rb"^flags:\s*([0-7]+)", re.MULTILINE)
# Appended to as well, and no log.
NO_LOGS = re.compile(
    r"\.(?:db|sqlite3?|wal|journal|pid|lock|sock|pyc|aof|rdb)$|-(?:wal|shm|journal)$|^/(?:dev|proc|sys)/"
)


class Way(StrEnum):
    """What a descriptor leads to."""

    FILE = "file"
    PIPE = "pipe"
    SOCKET = "socket"
    NOWHERE = "nowhere"  # /dev/null, or closed
    TERMINAL = "terminal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A descriptor that is written to: `path` is how we reach its file, `seen` how the process does; `inode` is a pipe's."""

    descriptor: int
    way: Way
    path: str = ""
    seen: str = ""
    inode: int = 0
    appends: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Standard output and error, and every other file that is appended to. `readable` is False where we may not look."""

    standard: tuple[Output, ...] = ()
    files: tuple[Output, ...] = ()
    readable: bool = True


def read_outputs(pid: int) -> Outputs:
    """What /proc tells of the descriptors of the process."""
    try:
        numbers = sorted(int(name) for name in os.listdir(f"/proc/{pid}/fd") if name.isdigit())  # noqa: PTH208
    except PermissionError:
        return Outputs(readable=False)
    except OSError:
        return Outputs()
    found = [one for number in numbers if (one := _output(pid, number)) is not None]
    standard = tuple(one for one in found if one.descriptor in (1, 2))
    known = {one.path for one in standard}
    files = {one.path: one for one in found if one.descriptor > 2 and one.way is Way.FILE and one.appends}
    return Outputs(standard=standard, files=tuple(one for path, one in files.items() if path not in known))


def readers_of(inode: int, pids: Iterator[int]) -> tuple[int, ...]:
    """The processes that read from this pipe (`tee`, `rotatelogs`, a supervisor), as far as they can be seen."""
    name = f"pipe:[{inode}]"
    return tuple(pid for pid in pids if _reads(pid, name))


def written_by(pid: int) -> tuple[Output, ...]:
    """The regular files that a process has open for writing: where what it was piped ends up."""
    outputs = read_outputs(pid)
    plain = (one for one in outputs.standard if one.way is Way.FILE)
    try:
        numbers = [int(name) for name in os.listdir(f"/proc/{pid}/fd") if name.isdigit()]  # noqa: PTH208
    except OSError:
        return ()
    others = (one for number in numbers if number > 2 and (one := _output(pid, number)) is not None)
    return tuple({one.path: one for one in (*plain, *others) if one.way is Way.FILE}.values())


def is_empty(path: str) -> bool:
    """Whether it is a file to which nothing was ever written."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a name, or a path through /proc
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == 0


def _reads(pid: int, name: str) -> bool:
    try:
        with os.scandir(f"/proc/{pid}/fd") as entries:
            return any(
                _link(entry.path) == name and not _flags(pid, int(entry.name)) & os.O_ACCMODE for entry in entries
            )
    except OSError:
        return False


def _output(pid: int, number: int) -> Output | None:
    """The descriptor, where it is written to."""
    link = _link(f"/proc/{pid}/fd/{number}")
    if not link:
        return None
    flags = _flags(pid, number)
    if number > 2 and not flags & os.O_ACCMODE:
        return None
    if link.startswith("pipe:["):
        return Output(descriptor=number, way=Way.PIPE, inode=int(link[6:-1]))
    if link.startswith("socket:["):
        return Output(descriptor=number, way=Way.SOCKET)
    if link.startswith(("/dev/pts/", "/dev/tty", "/dev/console")):
        return Output(descriptor=number, way=Way.TERMINAL, seen=link)
    if not link.startswith("/") or NO_LOGS.search(link) or not _is_file(f"/proc/{pid}/fd/{number}"):
        return Output(descriptor=number, way=Way.NOWHERE, seen=link) if number <= 2 else None
    # A file that was moved away or removed is written to as before, and is reached by the descriptor alone.
    gone = link.endswith(DELETED)
    path = f"/proc/{pid}/fd/{number}" if gone else seen_from_here(pid, link)
    return Output(
        descriptor=number, way=Way.FILE, path=path, seen=link.removesuffix(DELETED), appends=bool(flags & os.O_APPEND)
    )


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - a link of /proc, for every descriptor
    except OSError:
        return False


def _flags(pid: int, number: int) -> int:
    try:
        with open(f"/proc/{pid}/fdinfo/{number}", "rb") as file:  # noqa: PTH123 - for every descriptor
            match = FLAGS.search(file.read())
    except OSError:
        return 0
    return int(match[1], 8) if match else 0


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115 - for every descriptor
    except OSError:
        return ""
