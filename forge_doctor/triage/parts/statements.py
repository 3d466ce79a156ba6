"""The part `slow`: one short look at what statements cost; plans are asked for only where there is time."""

from __future__ import annotations

import asyncio

from forge_doctor.errors import CannotInspect
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
    return run_slow(asyncio.run(collect(request)), settings)
