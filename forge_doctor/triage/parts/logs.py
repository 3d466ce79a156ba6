"""The part `logs`: the last half hour of every log of the case, grouped into problems."""

from __future__ import annotations

from dataclasses import dataclass

from forge_doctor.errors import CannotInspect
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.parallel import merged
from forge_doctor.logs.problems.problem import Problem, TriageOptions, find_problems
from forge_doctor.logs.run import Request, discover, judge, read
from forge_doctor.probes.deployment.outputs import is_empty
from forge_doctor.report import Report
from forge_doctor.triage.facts import LogSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to read: the logs of one zone, whose lines of these folders are the application's own; `since` and `now` are
    seconds since the epoch; of each log the last `tail` lines, all of them where that is None."""

    logs: tuple[LogSource, ...]
    app_roots: tuple[str, ...] = ()
    zone_s: float = 0.0
    since: float | None = None
    until: float | None = None
    now: float = 0.0
    tail: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The report and the problems it was made of."""

    report: Report
    problems: tuple[Problem, ...]


def look(wanted: Wanted) -> Read:
    """What the logs say; raises `CannotInspect` where there is none."""
    if not wanted.logs:
        raise CannotInspect("no log was found to read: pass --log FILE")
    written = [one.word for one in wanted.logs if not is_empty(one.word)]
    if not written:
        # A service that never complained is no log that could not be read.
        words = ", ".join(one.word for one in wanted.logs)
        return Read(
            report=Report(command="logs", subject=words, headline="Nothing was ever written to it."), problems=()
        )
    options = TriageOptions()
    plan = discover(
        Request(
            words=tuple(written),
            rules=Rules(app_roots=wanted.app_roots, zone_s=wanted.zone_s, reference=wanted.now),
            shown=options,
            since=wanted.since,
            until=wanted.until,
            tail=wanted.tail,
        )
    )
    parts = read(plan, lambda _name, _bytes, _found: None)
    return Read(report=judge(plan, parts), problems=tuple(find_problems(merged(parts), options)))
