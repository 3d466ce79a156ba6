"""A container's log as a source: its json files where we may read them, else the Docker API's stream."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import CannotInspect
from forge_doctor.streams.sources.files import Chain, LogStream, group_rotated, open_path
from forge_doctor.streams.sources.json_file import Part, part_between

if TYPE_CHECKING:
    from forge_doctor.probes.docker.container_logs import ContainerLog


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSource:
    """A container's log between two moments (seconds since the epoch), or its last `tail` lines."""

    log: ContainerLog
    since: float | None = None
    until: float | None = None
    tail: int | None = None

    @property
    def name(self) -> str:
        """The container's name."""
        return self.log.name

    @property
    def direct(self) -> bool:
        """Whether the files are read; the Engine finds the last lines of a log as fast by itself."""
        return self.log.log_path is not None and (self.tail is None or self.log.dead)

    @property
    def way(self) -> str:
        """How it is read, for the report."""
        if self.direct:
            count = len(self.paths())
            return "container, its json file read directly" + (f" ({count} rotated files)" if count > 1 else "")
        why = f"logging driver {self.log.driver}"
        if self.tail is not None:
            why = "its last lines, which the Engine reads from the end"
        elif self.log.driver == "json-file":
            why = "this user may not read its json file: with sudo it is read directly"
        return f"container, through the Docker API ({why})"

    @property
    def size(self) -> int | None:
        """Bytes on disk where the files are read."""
        return sum(path.stat().st_size for path in self.paths() if path.is_file()) if self.direct else None

    def paths(self) -> tuple[Path, ...]:
        """The log's files, oldest first: `.2.gz`, `.1`, and the one being written."""
        path = self.log.log_path
        if path is None:
            return ()
        rotated = [found for found in path.parent.glob(f"{path.name}.*") if found.is_file()]
        return group_rotated([path, *rotated])[0].paths

    def open(self) -> LogStream:
        """Raises `CannotInspect` where it can't be read or holds nothing."""
        if not self.direct:
            return ApiStream(self)
        parts = [Part(path=path) for path in self.paths()]
        if self.since is not None or self.until is not None:
            return Chain([lambda part=part: part_between(part, self.since, self.until) for part in parts])  # type: ignore[misc]
        if not any(part.path.stat().st_size for part in parts):
            raise CannotInspect(f"{self.name}: has logged nothing")
        return Chain([lambda part=part: open_path(part.path) for part in parts if part.path.stat().st_size])  # type: ignore[misc]


class ApiStream(io.RawIOBase):
    """The Engine's stream, piece by piece."""

    def __init__(self, source: ContainerSource) -> None:
        from forge_doctor.probes.docker.container_logs import stream_log

        super().__init__()
        self._name, self._whole = source.name, (source.since, source.until, source.tail) == (None, None, None)
        self._pieces: Iterator[bytes] = stream_log(
            source.log, since=source.since, until=source.until, tail=source.tail, follow=False
        )
        self._rest = memoryview(b"")
        self._given = 0
        self._broken: CannotInspect | None = None

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer; raises `CannotInspect` where the Engine gives nothing at all, or, after all else, broke off."""
        view, filled = memoryview(buffer).cast("B"), 0
        while filled < len(view):
            if not self._rest:
                piece = self._next()
                if piece is None:
                    break
                self._rest = memoryview(piece)
            count = min(len(self._rest), len(view) - filled)
            view[filled : filled + count] = self._rest[:count]
            self._rest = self._rest[count:]
            filled += count
        self._given += filled
        if self._broken is not None and not filled:
            raise self._broken
        if not self._given and self._whole:
            raise CannotInspect(f"{self._name}: has logged nothing")
        return filled

    def _next(self) -> bytes | None:
        """The next piece; None at the end, be it that the Engine broke off."""
        try:
            return None if self._broken is not None else next(self._pieces, None)
        except CannotInspect as problem:
            self._broken = problem
            return None
