"""`pool --replay`: the diagnosis of a recorded moment, or the list of moments where findings changed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from forge_doctor.cli.output import note
from forge_doctor.pool.recorder.episodes import Judge
from forge_doctor.pool.recorder.moments import moment_of_day
from forge_doctor.pool.recorder.read import read_record
from forge_doctor.pool.recorder.replay import list_moments, replay_moment
from forge_doctor.report import Report
from forge_doctor.streams.sources.moment import parse_moment

TOLD_EVERY = 200


def replay(path: Path, at: str | None, judge: Judge) -> Report:
    """Raises `CannotInspect` where there is no record, `UsageProblem` for a moment that is not in it."""
    record = read_record(path)
    if at is None:
        return list_moments(record, judge, _progress)
    of_day = moment_of_day(at, record)
    return replay_moment(record, parse_moment(at, time.time(), "--at") if of_day is None else of_day, judge)


def _progress(done: int, of: int) -> None:
    if done and done % TOLD_EVERY == 0 and sys.stderr.isatty():
        note(f"judged {done} of {of} looks")
