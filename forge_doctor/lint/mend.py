"""Mends the files of an examination, or says how it would; writes only what held and only when told to."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from forge_doctor.code.files.text_file import TextFile, read_text_file, write_text_file
from forge_doctor.dataclass import dataclass, replace
from forge_doctor.finding import Confidence, Finding
from forge_doctor.lint.fixes.apply_edits import fix_text
from forge_doctor.lint.request import Request
from forge_doctor.lint.run import Examination, run_lint
from forge_doctor.suppression.add_ignores import add_ignores


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A file's new text and how many findings of each rule it settles."""

    file: TextFile
    name: str
    text: str
    settled: Counter[str]

    def diff(self) -> str:
        """As a patch that `git apply` and `patch -p1` take."""
        before, after = _diff_lines(self.file.text), _diff_lines(self.text)
        return "".join(_ended(difflib.unified_diff(before, after, f"a/{self.name}", f"b/{self.name}")))

    def write(self, tell: Callable[[str], None] | None = None) -> None:
        """Raises `OSError`, or `ValueError` where the file was changed meanwhile."""
        write_text_file(self.file, self.text, tell)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What can be changed, and why what else was asked for cannot."""

    changes: tuple[Change, ...]
    problems: tuple[str, ...] = ()


Edited = Callable[[TextFile, Sequence[Finding]], tuple[str, Counter[str], tuple[str, ...]]]


def fixes(request: Request, looked: Examination, *, unsafe: bool, confidence: Confidence) -> Changes:
    """The fixes of the findings from that confidence on."""

    def fixed(file: TextFile, _: Sequence[Finding]) -> tuple[str, Counter[str], tuple[str, ...]]:
        def relint(text: str) -> Sequence[Finding]:
            overlay = {**request.overlay, file.path: text.encode(file.encoding)}
            report = run_lint(replace(request, paths=(file.path,), overlay=overlay)).report
            return report.at_least(confidence).findings

        done = fix_text(file.text, relint, unsafe=unsafe, newline=file.newline)
        problems = tuple(f"the edits of {rule} do not hold there: left as they were" for rule in done.refused)
        return done.text, Counter(done.mended), problems

    def mendable(finding: Finding) -> bool:
        return (
            bool(finding.edits)
            and finding.confidence >= confidence
            and (unsafe or all(edit.safe for edit in finding.edits))
        )

    return _changes(request, looked, mendable, fixed)


def ignores(request: Request, looked: Examination, *, reason: str, confidence: Confidence) -> Changes:
    """Ignore comments for the rules' findings from that confidence on."""

    def muted(file: TextFile, findings: Sequence[Finding]) -> tuple[str, Counter[str], tuple[str, ...]]:
        return add_ignores(file.text, findings, reason), Counter(one.check for one in findings), ()

    def mutable(finding: Finding) -> bool:
        return finding.check in request.checks.ids and finding.confidence >= confidence

    return _changes(request, looked, mutable, muted)


def _changes(request: Request, looked: Examination, wanted: Callable[[Finding], bool], edited: Edited) -> Changes:
    by_name: dict[str, list[Finding]] = {}
    for one in looked.report.findings:
        if wanted(one):
            by_name.setdefault(one.location.target, []).append(one)
    changes: list[Change] = []
    problems: list[str] = []
    for path in looked.files:
        name = request.name(path)
        if name in by_name and _leads_out(path, request.paths):
            problems.append(
                f"{name}: left alone: a link leads out of what was named; name the file itself to change it"
            )
            continue
        try:
            changes += _of_file(request, path, by_name.get(name, ()), edited, problems)
        except (OSError, ValueError) as error:
            problems.append(f"{name}: left alone: {error}")
    return Changes(changes=tuple(changes), problems=tuple(problems))


def _leads_out(path: Path, named: Sequence[Path]) -> bool:
    """Whether the file lies elsewhere than in what was named: whoever made the folder chose where its links lead."""
    file = path.resolve()
    return not any(file.is_relative_to(one.resolve()) for one in named)


def _of_file(
    request: Request, path: Path, findings: Sequence[Finding], edited: Edited, problems: list[str]
) -> Iterator[Change]:
    if not findings:
        return
    file = read_text_file(path, request.overlay.get(path))
    text, settled, refused = edited(file, findings)
    problems += (f"{request.name(path)}: {problem}" for problem in refused)
    if text != file.text:
        yield Change(file=file, name=request.name(path), text=text, settled=settled)


def _diff_lines(text: str) -> list[str]:
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _ended(diff: Iterator[str]) -> Iterator[str]:
    for line in diff:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
