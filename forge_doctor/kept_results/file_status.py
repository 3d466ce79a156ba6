"""What tells that a file is still the one it was, without reading it; two changes within one tick of its clock look alike."""

from __future__ import annotations

import os


def status_of(name: str) -> list[int]:
    """What changes with every change of a file, its number and time of change among it; empty where it is not there."""
    try:
        status = os.stat(name)  # noqa: PTH116 - each file of a tree passes here
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
