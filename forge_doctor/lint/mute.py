"""What is left of one file's findings after its comments and the per-file ignores, and what knows them again later."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from forge_doctor.code.files.walk import shown
from forge_doctor.code.syntax.logical_lines import lines_of
from forge_doctor.code.syntax.prefilter import IGNORE_MARK
from forge_doctor.finding import Finding, NotRun
from forge_doctor.lint.request import Request
from forge_doctor.lint.suppression.baseline import Fingerprint, fingerprint
from forge_doctor.lint.suppression.comments import parse_ignores, suppress
from forge_doctor.lint.suppression.ignore_audit import IgnoreAudit
from forge_doctor.report import run_check


def heard(
    request: Request, path: Path, own: Sequence[Finding], text: str, crashed: frozenset[str]
) -> tuple[list[Finding | NotRun], int]:
    """The findings that nothing mutes, with what the checks of the comments say; how many were muted."""
    off = request.per_file.ignored(request.scope.relative(str(path)))
    left = [one for one in own if one.check not in off]
    if IGNORE_MARK not in text:
        return [*left], len(own) - len(left)
    former = {alias: check.id for check in request.checks.known for alias in check.aliases}
    result = suppress(left, parse_ignores(text, former))
    unread = any(one.check not in request.checks.ids for one in own)
    audit = IgnoreAudit(
        target=request.name(path),
        used=result.used,
        known=frozenset(check.id for check in request.checks.known),
        ran=frozenset() if unread else request.checks.ids - off - crashed,
    )
    judged = (one for check in request.checks.audits if check.id not in off for one in run_check(check, audit))
    return [*result.findings, *(judged if result.used else ())], len(own) - len(result.findings)


def printed(
    request: Request, path: Path, text: str, findings: Iterable[Finding | NotRun]
) -> Iterator[tuple[Finding, Fingerprint]]:
    """Each finding with its fingerprint."""
    lines = lines_of(text)
    place = os.path.relpath(path, request.scope.base).replace(os.sep, "/")
    for one in findings:
        if isinstance(one, Finding):
            number = one.location.line or 0
            line = lines[number - 1] if 0 < number <= len(lines) else ""
            yield one, fingerprint(one, shown(place), line)
