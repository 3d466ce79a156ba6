"""Judges a comparison: runs the checks; touches nothing outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from forge_doctor.check import Check, described, load, select_checks
from forge_doctor.finding import Finding, NotRun
from forge_doctor.migrations.drift import checks as checks_folder
from forge_doctor.migrations.drift.comparison import Comparison
from forge_doctor.report import Report, run_check, sort_outcomes


def all_checks() -> tuple[Check[Any], ...]:
    """The checks of the comparison."""
    return load(checks_folder)


def run_drift(comparison: Comparison, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> Report:
    """The report on one comparison; raises `UsageProblem` for an unknown check."""
    chosen: tuple[Check[Any], ...] = select_checks(all_checks(), select, ignore)
    outcomes: list[Finding | NotRun] = []
    for check in chosen:
        outcomes += run_check(check, comparison)
    findings, not_run = sort_outcomes(outcomes)
    count = len(comparison.differences)
    return Report(
        command="migrations",
        subject=comparison.target,
        findings=findings,
        not_run=not_run,
        inspected={"tables of the models": comparison.tables},
        headline=f"{comparison.spec} and the database differ in {count} places{comparison.because}."
        if count
        else f"{comparison.spec} and the database agree.",
        rules=described(chosen, "migrations"),
    )
