"""Writes looks into a record as they come; a full disk costs the looks that find it full, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from forge_doctor.pool.recorder.look_document import look_document, safe, server_clock, steadied
from forge_doctor.pool.recorder.merge_patch import difference, patched
from forge_doctor.pool.recorder.segments import SEGMENT_S, Folder, Segment
from forge_doctor.pool.recorder.statement_texts import StatementTexts
from forge_doctor.pool.snapshot import PoolSnapshot

FORMAT = "forge-doctor/pool-record/1"
KEEP_S = 3600.0
EVERY_S = 2.0


class Instant(NamedTuple):
    """One moment by the clock people set, and by the one that only goes on; seconds."""

    wall: float
    monotonic: float


class Recorder:
    """A record being written. `run` tells this recorder from those before it in the same folder."""

    def __init__(
        self,
        folder: Path,
        target: str,
        now: Callable[[], Instant],
        *,
        run: str = "",
        every_s: float = EVERY_S,
        keep_s: float = KEEP_S,
        segment_s: float = SEGMENT_S,
    ) -> None:
        """Raises `CannotInspect` where the folder can't be written to."""
        self._folder = Folder(folder)
        self._now = now
        self._head = {"format": FORMAT, "run": run, "target": target}
        self.every_s = every_s  # as it is now: looks that cost much come less often
        self._keep_s, self._segment_s = keep_s, segment_s
        self._segment: Segment | None = None
        self._began = Instant(0.0, 0.0)
        self._state: dict[str, Any] = {}
        self._texts = StatementTexts()
        self.written = 0  # looks
        self.lost = 0  # since the last line that was written
        self.why_lost = ""

    def add(self, snapshot: PoolSnapshot) -> bool:
        """Record a look; False where it could not be written (`why_lost`)."""
        written = self._write(snapshot)
        self.written += written
        return written

    def add_failure(self, reason: str) -> bool:
        """Record that there was no look, and why."""
        return self._write(reason)

    def close(self) -> None:
        """End the record properly."""
        if self._segment is not None:
            self._segment.close()
        self._folder.release()

    def _write(self, seen: PoolSnapshot | str) -> bool:
        now = self._now()
        try:
            segment = self._current(now)
            segment.append(self._line(seen, now))
        except OSError as error:
            self._give_up(error)
            return False
        self.lost, self.why_lost = 0, ""
        return True

    def _current(self, now: Instant) -> Segment:
        if self._segment is not None and now.monotonic - self._began.monotonic < self._segment_s:
            return self._segment
        if self._segment is not None:
            self._segment.close()
            self._segment = None
        self._folder.forget(now.wall, self._keep_s)
        self._segment = self._folder.begin()
        self._began, self._state, self._texts = now, {}, StatementTexts()
        lost = {"lost": self.lost, "why_lost": self.why_lost} if self.lost else {}
        began = {"origin": round(now.wall, 3), "monotonic": round(now.monotonic, 3)}
        self._segment.append(_json({**self._head, "every_s": self.every_s, **began, **lost}))
        return self._segment

    def _line(self, seen: PoolSnapshot | str, now: Instant) -> bytes:
        at, up = now.wall - self._began.wall, now.monotonic - self._began.monotonic
        line: dict[str, Any] = {"at": round(at, 2), "up": round(up, 2), "every_s": round(self.every_s, 1)}
        if isinstance(seen, str):
            return _json({**line, "failed": safe(seen)})
        told = server_clock(seen)
        clock = (
            at if told is None else steadied(told - self._began.wall, seen.sessions, self._state.get("sessions", {}))
        )
        patch = difference(self._state, look_document(seen, at, clock))
        self._state = patched(self._state, patch)
        patch, texts = self._texts.shortened(patch)
        return _json({**line, "clock": round(clock, 2), **({"texts": texts} if texts else {}), "look": patch})

    def _give_up(self, error: OSError) -> None:
        """What was written stays; the next look begins a segment of its own."""
        self.lost += 1
        self.why_lost = error.strerror or str(error)
        if self._segment is not None:
            self._segment.abandon()
            self._segment = None


def _json(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace") + b"\n"
