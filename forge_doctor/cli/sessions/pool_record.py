"""`pool --record`: looks again and again and keeps what it saw, until it is told to end; judges nothing."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import sys
import time
from collections import deque
from pathlib import Path
from typing import NoReturn

from forge_doctor.cli.output import say
from forge_doctor.errors import CannotInspect
from forge_doctor.pool.collect import Examination, Request
from forge_doctor.pool.recorder.write import EVERY_S, KEEP_S, Instant, Recorder
from forge_doctor.report import EXIT_CANNOT_INSPECT, EXIT_CLEAN

# A look costs some milliseconds on most hosts. Where thousands of processes make it dearer, it comes less often.
MOST_CPU = 0.01
SLOWEST_S = 30.0


class Pace:
    """The seconds from look to look that keep the recorder below its share of one CPU."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._spent: deque[float] = deque(maxlen=15)
        self._is_first = True

    def next_s(self, cpu_s: float) -> float:
        """After a look that cost so much. The first, which loads what it needs, is not counted."""
        if self._is_first:
            self._is_first = False
            return self._every_s
        self._spent.append(cpu_s)
        return min(SLOWEST_S, max(self._every_s, sum(self._spent) / len(self._spent) / MOST_CPU))


def record(request: Request, folder: Path, keep_s: float | None, duration_s: float | None) -> NoReturn:
    """Record until SIGINT, SIGTERM or `duration_s`, and exit: 3 where there was not one look, else 0."""
    recorder = Recorder(folder, request.target.label, now, run=secrets.token_hex(4), keep_s=keep_s or KEEP_S)
    say(f"recording {request.target.label} into {folder}, a look every {EVERY_S:.0f} s; Ctrl-C ends it")
    try:
        looks = asyncio.run(_until_told(Examination(request), recorder, duration_s))
    finally:
        recorder.close()
    sys.exit(EXIT_CLEAN if looks else EXIT_CANNOT_INSPECT)


def now() -> Instant:
    """By both clocks."""
    return Instant(time.time(), time.monotonic())


async def _until_told(examination: Examination, recorder: Recorder, duration_s: float | None) -> int:
    looking = asyncio.ensure_future(keep_looking(examination, recorder, duration_s))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, looking.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await looking
    examination.close()
    return recorder.written


async def keep_looking(
    examination: Examination, recorder: Recorder, duration_s: float | None, every_s: float = EVERY_S
) -> None:
    """One look after the other; what fails is recorded and told when it begins and when it ends."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + duration_s if duration_s else None
    pace, trouble = Pace(every_s), ""
    while deadline is None or loop.time() < deadline:
        began, cpu = loop.time(), time.process_time()
        unseen = await _look(examination, recorder)
        unwritten = f"cannot write to the record: {recorder.why_lost}" if recorder.lost else ""
        problem = unwritten or unseen
        if problem != trouble:
            say(problem or "looking and writing again")
            trouble = problem
        recorder.every_s = pace.next_s(time.process_time() - cpu)
        await asyncio.sleep(max(0.0, began + recorder.every_s - loop.time()))


async def _look(examination: Examination, recorder: Recorder) -> str:
    """Why there was no look, or nothing."""
    try:
        recorder.add(await examination.look())
    except CannotInspect as problem:
        recorder.add_failure(str(problem))
        return str(problem)
    return ""
