"""What tells that a file is still the one it was, without reading it; two changes within one tick of its clock look alike."""

from __future__ import annotations

import os
from collections.abc import Sequence

CLOCK_NS = 2_000_000_000  # the coarsest clock of a file system in use
PRESENCE = "?"
"""Before the name of a folder of which only counts that it is there; what is looked at is named in full, from `/`."""


def status_of(name: str) -> list[int]:
    """What changes with every change of a file, its number and time of change among it; empty where it is not there."""
    try:
        status = os.stat(name)  # noqa: PTH116 - each file of a tree passes here
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


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


def newest_change_ns(names: Sequence[str]) -> int:
    """When the last of them was changed, by the clocks of their file systems; those of which only their presence counts
    left out."""
    newest = 0
    for name in names:
        if not name.startswith(PRESENCE):
            newest = max(newest, *status_of(name)[1:3], 0)
    return newest
