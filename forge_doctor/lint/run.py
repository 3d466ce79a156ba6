"""One run of the linter over the named files, from top to bottom: discover, judge, mute, report.

Which process judges which file, and whose results are known from earlier runs, is `schedule`'s; what the rules say of
one file is `judge`'s; nothing here changes a file.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from forge_doctor.code.files.discover import Discovered, discover
from forge_doctor.code.files.walk import shown
from forge_doctor.dataclass import replace
from forge_doctor.errors import CannotInspect
from forge_doctor.finding import Finding
from forge_doctor.lint.request import Request
from forge_doctor.report import Report, Table, sort_outcomes
from forge_doctor.suppression.baseline import Fingerprint, unknown
from forge_doctor.suppression.mute import mute

if TYPE_CHECKING:
    from forge_doctor.lint.schedule import Looked


class Examination(NamedTuple):
    """The report; the files looked at; every finding with its fingerprint, baseline or not; `looked` as in `Judged`."""

    report: Report
    files: tuple[Path, ...]
    fingerprints: tuple[tuple[Finding, Fingerprint], ...] = ()
    gone: int = 0
    looked: Looked | None = None


def run_lint(request: Request) -> Examination:
    """Discover, judge, mute, report.

    Raises `UsageProblem` for a path that is not there, `CannotInspect` where there is no Python file.
    """
    found = _discovered(request)
    changed = request.changed
    files = found.files if changed is None else tuple(path for path in found.files if path.resolve() in changed.files)

    judged, unmarked, looked = request.lint(files, request.overlay)

    heard = mute(request, files, judged, unmarked)
    fresh, gone = unknown(heard.findings, request.baseline or {})
    baselined = len(heard.findings) - len(fresh)
    if changed is not None:
        by_name = {request.name(path): path for path in files}
        fresh = tuple(one for one in fresh if changed.holds(by_name[one.location.target], one))

    findings, not_run = sort_outcomes((*fresh, *judged.not_run, *found.blind_spots, *heard.not_run))
    inspected = {**judged.inspected, "files": len(files)}
    inspected |= {"muted": heard.muted} if heard.muted else {}
    inspected |= {"in baseline": baselined} if baselined else {}
    subject = shown(request.scope.base.name) or "/"
    report = replace(judged, subject=subject, findings=findings, not_run=not_run, inspected=inspected)
    return Examination(report, files, heard.findings, sum(gone.values()), looked)


def _discovered(request: Request) -> Discovered:
    scope = request.scope
    named = [path for path in request.paths if path not in request.overlay]
    laid_over = [path for path in request.paths if path in request.overlay]
    wanted = [path for path in laid_over if not (scope.force_exclude and scope.covered(str(path)))]
    found = discover(named, scope)
    excluded = found.excluded + len(laid_over) - len(wanted)
    found = found._replace(files=(*found.files, *wanted))
    if found.files or found.blind_spots or (excluded and excluded == len(request.paths)):
        return found
    where = ", ".join(shown(path) for path in request.paths)
    raise CannotInspect(
        f"{where}: no Python file to lint there: name one, or look at .gitignore (--no-gitignore) and the excludes"
    )


def statistics(report: Report) -> Table:
    """How many findings each rule has, most first."""
    counts = Counter(one.check for one in report.findings)
    fixable = Counter(one.check for one in report.findings if one.edits and all(edit.safe for edit in one.edits))
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return Table(
        title="Findings by rule",
        columns=("rule", "findings", "fixed by --fix"),
        rows=tuple((check, count, fixable[check]) for check, count in rows),
    )
