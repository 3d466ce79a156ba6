"""The lines that took a process's connections, where its application wrote them down (`forge_doctor.holders`).

Read from the page of memory the process keeps them in; it is neither stopped nor asked.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from time import monotonic_ns

from forge_doctor.probes.processes.workers import CodeLine, HeldConnection

# The link of an open page; what a page looks like inside is read where there is one (`holders.page`).
LINK = "/memfd:forge-doctor-holders"
NUMBER, LONGEST = re.compile(r"[0-9]{1,9}"), 4096


def read_held_connections(pid: int, own_pid: int | None = None) -> tuple[HeldConnection, ...] | None:
    """What the process wrote down; None where it wrote nothing, or where we may not read it.

    `own_pid` is the process's number in its own namespace. A page that another process wrote (a child that was
    forked inherits it, and takes no connection of its own) is not taken for this one's.
    """
    for path in _pages(pid):
        from forge_doctor.holders.page import HEADER, LABELS_AT, MAGIC

        data, again = _read_twice(path)
        if (
            len(data) == len(again) >= LABELS_AT
            and data[: len(MAGIC)] == MAGIC
            and int(HEADER.unpack_from(data)[1]) in (pid, own_pid)
        ):
            return tuple(_records(data, again))
    return None


def _read_twice(path: str) -> tuple[bytes, bytes]:
    """As much as a page has, whatever the process calls one: it may be of any size, or a pipe that nobody writes to."""
    from forge_doctor.holders.page import LABELS_AT, LABELS_SIZE

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b"", b""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b"", b""
        size = LABELS_AT + LABELS_SIZE
        return os.pread(descriptor, size, 0), os.pread(descriptor, size, 0)
    except OSError:
        return b"", b""
    finally:
        os.close(descriptor)


def _pages(pid: int) -> Iterator[str]:
    folder = f"/proc/{pid}/fd"
    try:
        descriptors = os.listdir(folder)  # noqa: PTH208 - hundreds of names, no Path needed
    except OSError:
        return
    for each in descriptors:
        try:
            if os.readlink(f"{folder}/{each}").startswith(LINK):  # noqa: PTH115 - as above
                yield f"{folder}/{each}"
        except OSError:  # closed meanwhile
            continue


def _records(data: bytes, again: bytes) -> Iterator[HeldConnection]:
    """What stayed as it was between two readings: the process goes on writing meanwhile."""
    from forge_doctor.holders.page import HEADER, HEADER_SIZE, LABELS_AT, LABELS_SIZE, RECORD, SLOTS

    used = min(HEADER.unpack_from(again)[3], LABELS_SIZE)
    labels = again[LABELS_AT : LABELS_AT + used].decode("utf-8", "replace").split("\n")
    now = monotonic_ns()
    for offset in range(HEADER_SIZE, HEADER_SIZE + SLOTS * RECORD.size, RECORD.size):
        backend, port, label, taken = RECORD.unpack_from(again, offset)
        if (backend or port) and data[offset : offset + RECORD.size] == again[offset : offset + RECORD.size]:
            yield HeldConnection(
                backend_pid=backend,
                local_port=port,
                lines=_lines(labels[label - 1]) if 0 < label <= len(labels) else (),
                held_s=max(0.0, (now - taken) / 1e9) if taken else None,
            )


def _lines(label: str) -> tuple[CodeLine, ...]:
    parts = label.split("\t")
    return tuple(
        CodeLine(file=_shown(file), line=int(line) if NUMBER.fullmatch(line) else 0, function=_shown(function))
        for file, line, function in zip(parts[::3], parts[1::3], parts[2::3], strict=False)
        if file
    )


def _shown(text: str) -> str:
    """Without what would steer a terminal or turn the order of letters round, and no longer than a path may be."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text[:LONGEST])
