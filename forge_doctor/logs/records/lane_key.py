"""Which stream of a log a line belongs to."""

from __future__ import annotations

from forge_doctor.streams.line import Line

LaneKey = tuple[str, str, str]
"""A service, a stream of it and a worker that writes to it."""


def lane_key(line: Line) -> LaneKey:
    """Which lane a line belongs to."""
    return (line.service, line.stream, line.worker)
