"""One triage from top to bottom: discover, look at everything at once, join, report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from forge_doctor.dataclass import dataclass
from forge_doctor.report import Report
from forge_doctor.settings import Settings
from forge_doctor.triage.discovery.asked import Asked
from forge_doctor.triage.discovery.discover import discover
from forge_doctor.triage.facts import Discovery, Facts, Step
from forge_doctor.triage.looks import Looks
from forge_doctor.triage.readers import readers


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to triage and how."""

    asked: Asked
    looks: Looks
    settings: Settings


def triage(request: Request, tell: Callable[[Step], None]) -> tuple[Report, ...]:
    """One report for each case; `tell` is told each step of discovery as it is done.

    Raises `UsageProblem` for a word that means nothing, `CannotInspect` where there is nothing to look at.
    """
    with readers() as reading, tempfile.TemporaryDirectory(prefix="forge-doctor-triage-") as folder:
        found = discover(request.asked, Path(folder), tell)
        from forge_doctor.triage.collect import collect

        facts = collect(found, request.looks, request.settings, reading)
    return tuple(judge(one, found) for one in facts)


def judge(facts: Facts, found: Discovery) -> Report:
    """The report on one case."""
    from forge_doctor.triage.excerpts import with_excerpts
    from forge_doctor.triage.join import join
    from forge_doctor.triage.report import report_of

    return report_of(facts, with_excerpts(join(facts), facts), found)
