"""Judges a snapshot: runs the checks and tells the facts in tables; touches nothing outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from forge_doctor.check import Check, described, load, select_checks
from forge_doctor.finding import Finding, NotRun
from forge_doctor.report import Report, run_check, sort_outcomes
from forge_doctor.settings import Settings
from forge_doctor.slow import checks as checks_folder
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.snapshot import SlowSnapshot
from forge_doctor.slow.wording.tables import headline, statements_data, statements_table
from forge_doctor.slow.wording.visibility import nothing_to_judge, unseen_logs, unseen_server


def all_checks() -> tuple[Check[Any], ...]:
    """The checks of this slice."""
    return load(checks_folder)


def run_slow(
    snapshot: SlowSnapshot,
    settings: Settings,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    *,
    top: int = 10,
) -> Report:
    """The report on one snapshot; raises `UsageProblem` for an unknown check. `top` is the length of its table."""
    chosen: tuple[Check[Any], ...] = select_checks(all_checks(), select, ignore)
    situation = Situation(snapshot)
    outcomes: list[Finding | NotRun] = [
        *unseen_server(situation),
        *unseen_logs(situation),
        *nothing_to_judge(situation),
    ]
    for check in chosen:
        outcomes += run_check(check, situation, settings.limits_of(check))
    findings, not_run = sort_outcomes(outcomes)
    table = statements_table(situation, top)
    return Report(
        command="slow",
        subject=snapshot.target,
        findings=findings,
        not_run=not_run,
        inspected={
            "servers": int(snapshot.server is not None),
            "statements": len(situation.statements),
            "log lines": snapshot.logged.lines if snapshot.logged else 0,
            "plans": sum(one.root is not None for one in snapshot.server.plans) if snapshot.server else 0,
        },
        headline=headline(situation),
        tables=(table,) if table else (),
        data={"slow": statements_data(situation)},
        rules=described(chosen, "postgresql", "performance"),
    )
