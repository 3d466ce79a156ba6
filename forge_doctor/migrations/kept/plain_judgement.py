"""Judgements as plain JSON values and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forge_doctor.finding import NotRun
from forge_doctor.kept_results.plain_findings import finding_from, plain_finding
from forge_doctor.migrations.judgement import Judgement
from forge_doctor.suppression.baseline import Fingerprint


def plain_judgement(one: Judgement) -> dict[str, Any]:
    """Without the history, which the next run would read anew."""
    return {
        "subject": one.subject,
        "headline": one.headline,
        "findings": [[plain_finding(finding), *print_] for finding, print_ in one.findings],
        "not_run": [[each.check, each.reason, each.remedy] for each in one.not_run],
        "muted": one.muted,
        "files": [str(path) for path in one.files],
        "inspected": dict(one.inspected),
        "data": dict(one.data),
    }


def judgement_from(plain: dict[str, Any]) -> Judgement:
    """The judgement again."""
    return Judgement(
        subject=plain["subject"],
        headline=plain["headline"],
        findings=tuple((finding_from(finding), Fingerprint(*print_)) for finding, *print_ in plain["findings"]),
        not_run=tuple(NotRun(check=check, reason=reason, remedy=remedy) for check, reason, remedy in plain["not_run"]),
        muted=plain["muted"],
        files=tuple(map(Path, plain["files"])),
        inspected=plain["inspected"],
        data=plain["data"],
    )
