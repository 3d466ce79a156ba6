"""A line on stderr that tells a waiting person how far the reading is; silent where stderr is no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType

from forge_doctor.logs.collect import Task

EVERY_S = 0.2


class Progress:
    """Bytes, their share where the sizes are known, rate, and the places with trouble so far."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._wanted = sys.stderr.isatty()
        sizes = [task.source.size for task in tasks] if self._wanted else []
        self._size = sum(size for size in sizes if size is not None) if None not in sizes else 0
        self._bytes = self._hits = 0
        self._started = self._drawn = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._wanted and self._bytes:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def told(self, name: str, count: int, hits: int) -> None:
        """So many more bytes of a source were read, and so many more places with trouble found."""
        self._bytes += count
        self._hits += hits
        now = time.monotonic()
        if self._wanted and now - self._drawn >= EVERY_S:
            self._drawn = now
            sys.stderr.write(f"\r\x1b[K{self.line(name, now)}")
            sys.stderr.flush()

    def line(self, name: str, now: float) -> str:
        """`shop.log: 512 MB of 1,024 MB, 900 MB/s, 17 hits`."""
        # A packed log gives more bytes than its size.
        of = f" of {self._size / 1e6:,.0f} MB" if self._bytes <= self._size else ""
        rate = self._bytes / 1e6 / max(now - self._started, 1e-3)
        return f"{name[-50:]}: {self._bytes / 1e6:,.0f} MB{of}, {rate:,.0f} MB/s, {self._hits:,} hits"
