"""A line of a log without what its container put before it."""

from __future__ import annotations

from forge_doctor.dataclass import dataclass

LaneKey = tuple[str, str, str]
"""A service, a stream of it and a worker that writes to it."""


@dataclass(slots=True)
class Line:
    """One log line as its program wrote it.

    `at` is seconds since the epoch, UTC, from the container's prefix; `service` the container or
    program the prefix names; `worker` a process id it names; `partial` says that the rest of the
    line comes in the next record of the same stream.
    """

    text: bytes
    service: str = ""
    stream: str = ""
    worker: str = ""
    at: float | None = None
    partial: bool = False


def lane_key(line: Line) -> LaneKey:
    """Which lane a line belongs to: the lines that one writer writes one behind the other."""
    return (line.service, line.stream, line.worker)
