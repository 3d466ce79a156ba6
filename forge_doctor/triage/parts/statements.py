"""The part `slow`: one short look at what statements cost; plans are asked for only where there is time."""

from __future__ import annotations

import asyncio

from forge_doctor.errors import CannotInspect
from forge_doctor.finding import Severity
from forge_doctor.report import Report
from forge_doctor.settings import Settings
from forge_doctor.slow.collect import Request, collect
from forge_doctor.slow.run import run_slow
from forge_doctor.triage.facts import Case


def look(case: Case, settings: Settings, *, duration_s: float, connect_timeout_s: float, show_query: bool) -> Report:
    """What is slow on the case's server; raises `CannotInspect` where it gives no session."""
    if case.target is None:
        raise CannotInspect("no database was found to look at: pass --dsn URL")
    request = Request(
        target=case.target,
        duration_s=duration_s,
        connect_timeout_s=connect_timeout_s,
        show_query=show_query,
    )
    seen = asyncio.run(collect(request))
    report = run_slow(seen, settings)
    source = next((one.source.here for one in case.applications if one.source is not None), None)
    if source is None or all(one.severity is Severity.INFO for one in report.findings):
        return report
    from forge_doctor.slow.source_lines import traced

    # Source is read only where something is to be found in it.
    return run_slow(traced(seen, source), settings)
