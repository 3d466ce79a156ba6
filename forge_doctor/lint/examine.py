"""One look at the named files: found, linted, and what comments, configuration, baseline and git mute taken out.

Changes no file; the rules' own work is `lint/run.py`'s.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from forge_doctor.errors import CannotInspect
from forge_doctor.finding import Finding, NotRun
from forge_doctor.lint.audit import IgnoreAudit
from forge_doctor.lint.baseline import Fingerprint, fingerprint, unknown
from forge_doctor.lint.discover import Discovered, discover
from forge_doctor.lint.layout import lines_of
from forge_doctor.lint.request import Request
from forge_doctor.lint.search import shown
from forge_doctor.lint.suppress import MARK, parse_ignores, suppress
from forge_doctor.lint.text_file import decoded
from forge_doctor.report import Report, Table, run_check, sort_outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
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
    found = replace(found, files=(*found.files, *(path for path in request.paths if path in request.overlay)))
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
        if not own and MARK.encode() not in data:
            continue
        kept, silenced = _one_file(request, path, own, decoded(data), crashed)
        told += (one for one in kept if isinstance(one, NotRun))
        printed += _printed(request, path, data, (one for one in kept if isinstance(one, Finding)))
        muted += silenced
    return told, tuple(printed), muted


def _content(request: Request, path: Path) -> bytes:
    """Empty for a file that is gone or closed to us: the run itself says so."""
    if path in request.overlay:
        return request.overlay[path]
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _one_file(
    request: Request, path: Path, own: Sequence[Finding], text: str, crashed: frozenset[str]
) -> tuple[list[Finding | NotRun], int]:
    off = request.per_file.ignored(request.scope.relative(str(path)))
    heard = [one for one in own if one.check not in off]
    former = {alias: check.id for check in request.checks.known for alias in check.aliases}
    result = suppress(heard, parse_ignores(text, former))
    unread = any(one.check not in request.checks.ids for one in own)
    audit = IgnoreAudit(
        target=request.name(path),
        used=result.used,
        known=frozenset(check.id for check in request.checks.known),
        ran=frozenset() if unread else request.checks.ids - off - crashed,
    )
    judged = (one for check in request.checks.audits if check.id not in off for one in run_check(check, audit))
    return [*result.findings, *(judged if result.used else ())], len(own) - len(result.findings)


def _printed(
    request: Request, path: Path, data: bytes, findings: Iterable[Finding]
) -> Iterator[tuple[Finding, Fingerprint]]:
    lines = lines_of(decoded(data))
    place = os.path.relpath(path, request.scope.base).replace(os.sep, "/")
    for one in findings:
        number = one.location.line or 0
        line = lines[number - 1] if 0 < number <= len(lines) else ""
        yield one, fingerprint(one, shown(place), line)


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
