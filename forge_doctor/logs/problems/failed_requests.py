"""Counts the requests that an access log says to have failed, beside what the errors of the log account for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from forge_doctor.logs.problems.group import Group
from forge_doctor.logs.problems.summary import FAILED_KEY, Summary
from forge_doctor.logs.records.event import Event, Sighting
from forge_doctor.logs.records.failed_requests import failed_line

EXPLAINED = 2
"""So many failed requests may belong to one error: a proxy's line and the server's own."""
ONE_BY_ONE, TOGETHER = 256, 64
"""Of so many each line's time is read; then of one in so many, as reading it costs more than finding the line."""


class FailedRequests:
    """Told of each place where a request may have failed; `at` reads the time of a line."""

    def __init__(self, source: str, summary: Summary, at: Callable[[bytes], float | None]) -> None:
        self._source, self._summary, self._at = source, summary, at
        self._before = (-1, b"")
        self._lines = 0
        self._waiting: dict[str, int] = {}
        self._last = b""

    def __call__(self, window: bytearray, place: int) -> None:
        """Count the line there, which may have several of the literals."""
        begin, line, route = failed_line(window, place)
        if route and (begin, line) != self._before:
            self._lines += 1
            self._waiting[route] = self._waiting.get(route, 0) + 1
            self._last = line
            if self._lines <= ONE_BY_ONE or not self._lines % TOGETHER:
                self.finish()
        self._before = begin, line

    def finish(self) -> None:
        """Count those whose time was not read, as of the last line's."""
        if not self._waiting:
            return
        at = self._at(self._last)
        for route, count in self._waiting.items():
            seen = Sighting(source=self._source, at=at, route=route)
            self._summary.add_failed(_FAILED, seen, [at] * count)
        self._waiting = {}


_FAILED = Event(signature=FAILED_KEY[0], exception="", message="")


def unexplained(failed: Group, groups: Iterable[Group]) -> bool:
    """Whether more requests failed than the errors of the log account for."""
    return failed.count > EXPLAINED * sum(group.count for group in groups)
