"""The part `logs`: the last half hour of every log of the case, grouped into problems."""

from __future__ import annotations

from forge_doctor.errors import CannotInspect
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.problems.problem import TriageOptions
from forge_doctor.logs.run import Request, discover, judge, read
from forge_doctor.probes.deployment.outputs import is_empty
from forge_doctor.report import Report
from forge_doctor.triage.looks import WantedLogs


def look(wanted: WantedLogs) -> Report:
    """What the logs say; raises `CannotInspect` where there is none."""
    if not wanted.logs:
        raise CannotInspect("no log was found to read: pass --log FILE")
    written = [one.word for one in wanted.logs if not is_empty(one.word)]
    if not written:
        # A service that never complained is no log that could not be read.
        words = ", ".join(one.word for one in wanted.logs)
        return Report(command="logs", subject=words, headline="Nothing was ever written to it.")
    plan = discover(
        Request(
            words=tuple(written),
            rules=Rules(app_roots=wanted.app_roots, zone_s=wanted.zone_s, reference=wanted.now),
            shown=TriageOptions(),
            since=wanted.since,
            until=wanted.until,
            tail=wanted.tail,
        )
    )
    return judge(plan, read(plan, lambda _name, _bytes, _found: None))
