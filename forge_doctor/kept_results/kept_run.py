"""What a run printed and how it ended, told again while all it looked at is what it was; loads next to nothing.

The document: a checksum of the rest, then parts between `BETWEEN`: the question's digest, the exit status, the text, the
statuses of all that was looked at, and the names of that. It is read whole or not at all. The question itself holds the
environment, where passwords are, and is not written.
"""

from __future__ import annotations

import os
import zlib
from _blake2 import blake2b  # `hashlib` loads OpenSSL for it, which takes longer than all the rest
from collections.abc import Sequence
from contextlib import suppress

ENDING = ".run"
BETWEEN = "\0\0"  # no path, argument or variable holds a NUL
BETWEEN_NAMES = "\0"
PRESENCE = "?"
"""Before the name of a folder of which only counts that it is there; what is looked at is named in full, from `/`."""


def digest_of_question(question: str) -> str:
    """What stands for a question."""
    return blake2b(_encoded(question), digest_size=16).hexdigest()


def place_of(folder: str, digest: str) -> str:
    """Where the answer to a question is kept."""
    return os.path.join(folder, f"{digest}{ENDING}")  # noqa: PTH118 - no pathlib here


def statuses_of(names: Sequence[str]) -> str:
    """What changes with every change of one of them, of a file its content, of a folder the names in it: a line each, empty
    for what is not there."""
    found = []
    stat = os.stat
    for name in names:  # thousands: a call of our own each would cost half as much again
        try:
            if name[0] == PRESENCE:
                found.append(f"{stat(name[1:]).st_mode >> 12}")
            else:
                one = stat(name)
                found.append(f"{one.st_size} {one.st_mtime_ns} {one.st_ctime_ns} {one.st_ino}")
        except OSError:
            found.append("")
    return "\n".join(found)


def read_run(place: str, digest: str) -> tuple[int, str] | None:
    """The exit status and the text; None where nothing is kept, or something changed."""
    try:
        with open(place, "rb") as file:  # noqa: PTH123 - no pathlib here
            checksum, _, data = file.read().partition(b"\n")
        if checksum != _checksum(data):
            return None
        asked, status, text, statuses, names = data.decode("utf-8", "surrogateescape").split(BETWEEN)
        is_same = asked == digest and statuses == statuses_of(names.split(BETWEEN_NAMES))
        return (int(status), text) if is_same else None
    except (OSError, ValueError, MemoryError):
        return None


def newest_change_ns(names: Sequence[str]) -> int:
    """When the last of them was changed, by the clocks of their file systems; those of which only their presence counts
    left out."""
    newest = 0
    for name in names:
        if not name.startswith(PRESENCE):
            with suppress(OSError):
                status = os.stat(name)  # noqa: PTH116
                newest = max(newest, status.st_mtime_ns, status.st_ctime_ns)
    return newest


def run_document(digest: str, status: int, text: str, names: Sequence[str], statuses: str) -> bytes | None:
    """What is to be kept; None where it cannot be."""
    if "\0" in text:
        return None
    try:
        data = _encoded(BETWEEN.join((digest, str(status), text, statuses, BETWEEN_NAMES.join(names))))
    except UnicodeEncodeError:
        return None
    return b"%s\n%s" % (_checksum(data), data)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _checksum(data: bytes) -> bytes:
    return b"%08x" % zlib.crc32(data)
