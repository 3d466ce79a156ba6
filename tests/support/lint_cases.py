"""Rules tried on small sources: the lines that must be found carry `# expect` comments; files are written and read."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

from forge_doctor.code.semantics.project import Project
from forge_doctor.finding import Confidence, Edit, Finding
from forge_doctor.lint.judge import Rule, all_rules, lint_file

# `# expect`, `# expect low`, `# expect medium`
EXPECT = re.compile(r"#\s*expect\b(?:\s+(low|medium|high))?")


def rule_named(rule_id: str) -> Rule:
    """The rule of that id."""
    return next(rule for rule in all_rules() if rule.id == rule_id)


def lint_source(
    code: str | Mapping[str, str], rule: str, folder: Path, *, least: Confidence = Confidence.LOW
) -> tuple[Finding, ...]:
    """What one rule says of a source, or of several files by path; files go to `folder`, the project's root."""
    files = {"module.py": code} if isinstance(code, str) else dict(code)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    project = Project(folder)
    results = [lint_file(folder / name, name, project, (rule_named(rule),)) for name in files if name.endswith(".py")]
    crashed = [reason for one in results for reason in one.not_run]
    assert not crashed, crashed
    return tuple(found for one in results for found in one.findings if found.confidence >= least)


def check_source(
    code: str | Mapping[str, str], rule: str, folder: Path, *, least: Confidence = Confidence.LOW
) -> tuple[Finding, ...]:
    """Lint, and compare the lines found with those marked `# expect` (with a word: at that confidence)."""
    files = {"module.py": code} if isinstance(code, str) else dict(code)
    findings = lint_source(files, rule, folder, least=least)
    wanted = {(name, number): word for name, text in files.items() for number, word in _expected(text)}
    got = {(one.location.target, one.location.line or 0): one for one in findings}
    missed, false = wanted.keys() - got.keys(), got.keys() - wanted.keys()
    assert not missed, f"missed {sorted(missed)}"
    assert not false, f"false alarms {[(key, got[key].message) for key in sorted(false)]}"
    for key, word in wanted.items():
        assert not word or got[key].confidence.label == word, f"{key}: {got[key].confidence.label}, wanted {word}"
    return findings


def fixed(code: str, rule: str, folder: Path, *, unsafe: bool = False) -> str:
    """The source after the safe edits of every finding, or after all of them."""
    text = textwrap.dedent(code)
    edits = [edit for one in lint_source(text, rule, folder) for edit in one.edits if edit.safe or unsafe]
    return apply(text, edits)


def apply(text: str, edits: list[Edit]) -> str:
    """The text with edits made, last place first."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]

    def offset(line: int | None, column: int | None) -> int:
        return starts[(line or 1) - 1] + (column or 1) - 1

    spans = [
        (offset(e.location.line, e.location.column), offset(e.location.end_line, e.location.end_column), e.replacement)
        for e in edits
    ]
    for start, end, replacement in sorted(spans, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def _expected(text: str) -> list[tuple[int, str]]:
    found = []
    for number, line in enumerate(textwrap.dedent(text).splitlines(), start=1):
        match = EXPECT.search(line)
        if match is not None:
            found.append((number, match.group(1) or ""))
    return found
