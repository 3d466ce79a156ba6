"""One look at the named files: found, linted, and what comments, configuration, baseline and git mute taken out.

Changes no file; the rules' own work is `lint/run.py`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from forge_doctor.code.files.discover import Discovered, discover
from forge_doctor.code.files.walk import shown
from forge_doctor.code.syntax.prefilter import IGNORE_MARK
from forge_doctor.errors import CannotInspect
from forge_doctor.finding import Finding, NotRun
from forge_doctor.lint.request import Request
from forge_doctor.lint.suppression.baseline import Fingerprint, unknown
from forge_doctor.report import Report, Table, sort_outcomes


class Examination(NamedTuple):
    """The report; the files looked at; every finding with its fingerprint, baseline or not."""

    report: Report
    files: tuple[Path, ...]
    fingerprints: tuple[tuple[Finding, Fingerprint], ...] = ()
    gone: int = 0


def examine(request: Request) -> Examination:
    """Raises `UsageProblem` for a path that is not there, `CannotInspect` where there is no Python file."""
    found = _discovered(request)
    files = found.files
    if request.changed is not None:
        files = tuple(path for path in files if path.resolve() in request.changed.files)
    raw = request.lint(files, request.overlay)
    told, printed, muted = _judged(request, files, raw)
    fresh, gone = unknown(printed, request.baseline or {})
    baselined = len(printed) - len(fresh)
    if request.changed is not None:
        by_name = {request.name(path): path for path in files}
        fresh = tuple(one for one in fresh if request.changed.holds(by_name[one.location.target], one))
    findings, not_run = sort_outcomes((*fresh, *raw.not_run, *found.blind_spots, *told))
    inspected = {**raw.inspected, "files": len(files)}
    inspected |= {"muted": muted} if muted else {}
    inspected |= {"in baseline": baselined} if baselined else {}
    subject = shown(request.scope.base.name) or "/"
    report = replace(raw, subject=subject, findings=findings, not_run=not_run, inspected=inspected)
    return Examination(report=report, files=files, fingerprints=printed, gone=sum(gone.values()))


def _discovered(request: Request) -> Discovered:
    named = [path for path in request.paths if path not in request.overlay]
    found = discover(named, request.scope)
    found = found._replace(files=(*found.files, *(path for path in request.paths if path in request.overlay)))
    if found.files or found.blind_spots or (found.excluded and found.excluded == len(named)):
        return found
    where = ", ".join(shown(path) for path in request.paths)
    raise CannotInspect(
        f"{where}: no Python file to lint there: name one, or look at .gitignore (--no-gitignore) and the excludes"
    )


def _judged(
    request: Request, files: Sequence[Path], raw: Report
) -> tuple[list[NotRun], tuple[tuple[Finding, Fingerprint], ...], int]:
    """What is left after comments and per-file ignores, with fingerprints; audits that crashed; how many were muted."""
    by_name: dict[str, list[Finding]] = {}
    for one in raw.findings:
        by_name.setdefault(one.location.target, []).append(one)
    crashed = frozenset(one.check for one in raw.not_run)
    told: list[NotRun] = []
    printed: list[tuple[Finding, Fingerprint]] = []
    muted = 0
    for path in files:
        own = by_name.get(request.name(path), [])
        data = _content(request, path)
        if own or IGNORE_MARK.encode() in data:
            kept, fingerprints, silenced = _one_file(request, path, own, data, crashed)
            told += (one for one in kept if isinstance(one, NotRun))
            printed += fingerprints
            muted += silenced
    return told, tuple(printed), muted


def _one_file(
    request: Request, path: Path, own: Sequence[Finding], data: bytes, crashed: frozenset[str]
) -> tuple[list[Finding | NotRun], Iterable[tuple[Finding, Fingerprint]], int]:
    from forge_doctor.code.files.text_file import decoded
    from forge_doctor.lint.mute import heard, printed

    text = decoded(data)
    kept, muted = heard(request, path, own, text, crashed)
    return kept, printed(request, path, text, kept), muted


def _content(request: Request, path: Path) -> bytes:
    """Empty for a file that is gone or closed to us: the run itself says so."""
    if path in request.overlay:
        return request.overlay[path]
    try:
        return path.read_bytes()
    except OSError:
        return b""


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
