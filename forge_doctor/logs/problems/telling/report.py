"""Turns a summary into a report: one finding for each problem, worst and most frequent first."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.finding import Finding, Location, NotRun
from forge_doctor.logs.problems.correlation import timeline
from forge_doctor.logs.problems.group import Group
from forge_doctor.logs.problems.problem import (
    By,
    Problem,
    TriageOptions,
    find_problems,
    followers,
)
from forge_doctor.logs.problems.summary import Summary
from forge_doctor.logs.problems.telling.evidence import evidence_of, related_to
from forge_doctor.logs.problems.telling.overview import tables
from forge_doctor.logs.problems.telling.pictures import rates
from forge_doctor.logs.problems.telling.problem_data import moment_data, problem_data
from forge_doctor.logs.problems.telling.wording import headline, message, verdict
from forge_doctor.logs.problems.unknown_error import UNKNOWN
from forge_doctor.report import Report

__all__ = ["By", "TriageOptions", "triage"]


def triage(
    summary: Summary, subject: str, options: TriageOptions | None = None, not_run: Sequence[NotRun] = ()
) -> Report:
    """The report of a summary; raises `UsageProblem` for an id in the options that no signature has."""
    chosen = options or TriageOptions()
    problems = find_problems(summary, chosen)
    known = [one for one in problems if one.signature is not None]
    shown = known[: chosen.top]
    unknown = [one for one in problems if one.signature is None]
    return Report(
        command="logs",
        subject=subject,
        findings=tuple(_finding(one, chosen, followers(one, known), summary) for one in (*shown, *unknown)),
        not_run=tuple(not_run),
        inspected={"lines, about" if summary.about else "lines": summary.told_lines, "bytes": summary.bytes},
        headline=headline(known, unknown, summary),
        verdict=verdict(known, unknown, summary),
        tables=tables(known, unknown, chosen, summary.others),
        pictures=rates((*shown, *unknown)),
        data={
            "problems": [problem_data(one, chosen.example) for one in shown],
            "other_errors": [problem_data(one, chosen.example) for one in unknown],
            "timeline": [moment_data(one) for one in timeline(one.group for one in shown) if one.first is not None],
        },
    )


def _finding(problem: Problem, options: TriageOptions, following: Sequence[Problem], summary: Summary) -> Finding:
    group, signature = problem.group, problem.signature
    return Finding(
        check=group.signature or UNKNOWN,
        severity=problem.severity,
        confidence=problem.confidence,
        message=message(problem),
        location=_location(group),
        evidence=tuple(evidence_of(problem, following, summary.began, example=options.example)),
        remedy=f"{signature.fix}\n{signature.doc}" if signature else "",
        related=related_to(problem),
    )


def _location(group: Group) -> Location:
    if group.culprit is not None:
        return Location(target=group.culprit.file, line=group.culprit.line)
    if group.endpoint:
        place = group.endpoint.partition(" ")[0]
        return Location(target=place.rpartition(":")[0], line=int(place.rpartition(":")[2]))
    return Location(target=group.route or min(group.sources, default="log"))
