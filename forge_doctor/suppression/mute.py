"""Takes away what comments and per-file ignores mute, with the verdict on those comments and what knows a finding again.

Judges no source, and asks neither the baseline nor git.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from forge_doctor.check import Check
from forge_doctor.code.files.contents import regular_bytes
from forge_doctor.code.files.walk import Scope, shown
from forge_doctor.code.syntax.prefilter import IGNORE_MARK
from forge_doctor.finding import Finding, NotRun
from forge_doctor.report import Report, run_check
from forge_doctor.suppression.baseline import Fingerprint, fingerprint
from forge_doctor.suppression.per_file_ignores import PerFileIgnores

if TYPE_CHECKING:
    from forge_doctor.suppression.ignore_audit import IgnoreAudit


class Chosen(Protocol):
    """The checks of a command."""

    @property
    def known(self) -> tuple[Check[Any], ...]:
        """All there are."""

    @property
    def ids(self) -> frozenset[str]:
        """Those chosen that look at source."""

    @property
    def audits(self) -> tuple[Check[[IgnoreAudit]], ...]:
        """Those chosen that look at the comments."""

    @property
    def elsewhere(self) -> frozenset[str]:
        """Ids that other commands mute by the same comments."""


class Request(Protocol):
    """What a run tells of itself: `scope.base` is the folder of its configuration."""

    @property
    def name(self) -> Callable[[Path], str]:
        """How findings name a file."""

    @property
    def overlay(self) -> Mapping[Path, bytes]:
        """Content that differs from the disk's."""

    @property
    def scope(self) -> Scope:
        """Where it looks."""

    @property
    def per_file(self) -> PerFileIgnores:
        """What the configuration switches off for some paths."""

    @property
    def checks(self) -> Chosen:
        """What it runs."""


class Heard(NamedTuple):
    """What is left: findings with their fingerprints, checks of comments that crashed, how many were muted."""

    findings: tuple[tuple[Finding, Fingerprint], ...]
    not_run: tuple[NotRun, ...]
    muted: int


def mute(request: Request, files: Sequence[Path], judged: Report, unmarked: Container[Path] = ()) -> Heard:
    """What the comments of these files and the per-file ignores leave of their findings.

    The `unmarked` are known to have no such comment: without a finding they are not opened.
    """
    by_name: dict[str, list[Finding]] = {}
    for one in judged.findings:
        by_name.setdefault(one.location.target, []).append(one)
    crashed = frozenset(one.check for one in judged.not_run)
    findings: list[tuple[Finding, Fingerprint]] = []
    not_run: list[NotRun] = []
    muted = 0
    for path in files:
        own = by_name.get(request.name(path), [])
        if not own and path in unmarked:
            continue
        data = _content(request, path)
        if own or IGNORE_MARK.encode() in data:
            kept, fingerprints, silenced = _one_file(request, path, own, data, crashed)
            not_run += (one for one in kept if isinstance(one, NotRun))
            findings += fingerprints
            muted += silenced
    return Heard(tuple(findings), tuple(not_run), muted)


def _content(request: Request, path: Path) -> bytes:
    """Empty for a file that is gone or closed to us: the run itself says so."""
    if path in request.overlay:
        return request.overlay[path]
    return regular_bytes(path) or b""


def _one_file(
    request: Request, path: Path, own: Sequence[Finding], data: bytes, crashed: frozenset[str]
) -> tuple[list[Finding | NotRun], Iterable[tuple[Finding, Fingerprint]], int]:
    from forge_doctor.code.files.text_file import decoded

    text = decoded(data)
    kept, muted = _heard(request, path, own, text, crashed)
    return kept, _known_again(request, path, text, kept), muted


def _heard(
    request: Request, path: Path, own: Sequence[Finding], text: str, crashed: frozenset[str]
) -> tuple[list[Finding | NotRun], int]:
    """The findings that nothing mutes, with what the checks of the comments say; how many were muted."""
    off = request.per_file.ignored(request.scope.relative(str(path)))
    left = [one for one in own if one.check not in off]
    if IGNORE_MARK not in text:
        return [*left], len(own) - len(left)
    from forge_doctor.suppression.comments import parse_ignores, suppress
    from forge_doctor.suppression.ignore_audit import IgnoreAudit

    former = {alias: check.id for check in request.checks.known for alias in check.aliases}
    result = suppress(left, parse_ignores(text, former))
    unread = any(one.check not in request.checks.ids for one in own)
    audit = IgnoreAudit(
        target=request.name(path),
        used=result.used,
        known=frozenset(check.id for check in request.checks.known) | request.checks.elsewhere,
        ran=frozenset() if unread else request.checks.ids - off - crashed,
    )
    judged = (one for check in request.checks.audits if check.id not in off for one in run_check(check, audit))
    return [*result.findings, *(judged if result.used else ())], len(own) - len(result.findings)


def _known_again(
    request: Request, path: Path, text: str, findings: Iterable[Finding | NotRun]
) -> Iterator[tuple[Finding, Fingerprint]]:
    """Each finding with its fingerprint."""
    from forge_doctor.code.syntax.text.logical_lines import lines_of

    lines = lines_of(text)
    place = os.path.relpath(path, request.scope.base).replace(os.sep, "/")
    for one in findings:
        if isinstance(one, Finding):
            number = one.location.line or 0
            line = lines[number - 1] if 0 < number <= len(lines) else ""
            yield one, fingerprint(one, shown(place), line)
