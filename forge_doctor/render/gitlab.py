"""GitLab's Code Quality report: a JSON list of issues, each at a path; what has no file stands at the anchor's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from forge_doctor.finding import Confidence, Finding, Location, NotRun, Severity
from forge_doctor.render import RenderOptions
from forge_doctor.render.digest import is_file, last_line, ranked
from forge_doctor.render.fingerprint import fingerprints
from forge_doctor.render.printable import escape_json, printable_line
from forge_doctor.report import Report

SEVERITIES = {
    Severity.INFO: "info",
    Severity.WARNING: "minor",
    Severity.ERROR: "major",
    Severity.CRITICAL: "critical",
}
NOT_RUN_SEVERITY = "minor"


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """Findings worst first, then a minor issue for each check that could not look."""
    found = [one for _, one in ranked(reports)]
    missed = [(report, one) for report in reports for one in report.not_run]
    stand_ins = [_as_finding(report, one) for report, one in missed]
    marks = fingerprints([*found, *stand_ins])
    issues = [
        _issue(one, SEVERITIES[one.severity], mark, options.anchor) for one, mark in zip(found, marks, strict=False)
    ]
    issues += [
        _issue(one, NOT_RUN_SEVERITY, mark, options.anchor)
        for one, mark in zip(stand_ins, marks[len(found) :], strict=True)
    ]
    return escape_json(json.dumps(issues, indent=2, ensure_ascii=False)) + "\n"


def _issue(found: Finding, severity: str, fingerprint: str, anchor: Location | None) -> dict[str, Any]:
    place = found.location if anchor is None or is_file(found.location) else anchor
    named = found.message if place is found.location else f"{found.location}: {found.message}"
    return {
        "description": printable_line(named),
        "check_name": printable_line(found.check),
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {
            "path": printable_line(place.target.removeprefix("./")),
            "lines": {"begin": place.line or 1, "end": last_line(place) or 1},
        },
    }


def _as_finding(report: Report, one: NotRun) -> Finding:
    """A check that could not look in the shape of a finding: the list knows nothing else."""
    return Finding(
        check=one.check,
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"not run: {one.reason}",
        location=Location(target=report.subject),
    )
