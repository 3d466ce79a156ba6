"""Writes ignore comments for findings into a text; touches no file."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.code.syntax.text.logical_lines import layout
from forge_doctor.finding import Finding
from forge_doctor.suppression.comments import Ignore, parse_ignores, suppress


def add_ignores(text: str, findings: Sequence[Finding], reason: str = "") -> str:
    """The text with a comment on the last line of each finding's statement; a comment already there is extended.

    Raises `ValueError` where a comment cannot reach its finding.
    """
    lines = text.split("\n")
    there = {ignore.line: ignore for ignore in parse_ignores(text) if not ignore.whole_file and not ignore.whole_line}
    for line, rules in _wanted(text, findings).items():
        lines[line - 1] = _with_comment(lines[line - 1], rules, there.get(line), reason)
    written = "\n".join(lines)
    if suppress(findings, parse_ignores(written)).findings:
        raise ValueError("a comment on the line does not reach the finding")
    return written


def _wanted(text: str, findings: Sequence[Finding]) -> dict[int, list[str]]:
    """The line each comment goes to, with the rules it names."""
    runs = layout(text)
    wanted: dict[int, list[str]] = {}
    for found in sorted(findings, key=lambda found: found.check):
        _, last = runs.run_of(found.location.line or 1)
        rules = wanted.setdefault(last, [])
        if found.check not in rules:
            rules.append(found.check)
    return wanted


def _with_comment(line: str, rules: list[str], there: Ignore | None, reason: str) -> str:
    if there is not None:
        every = ", ".join(dict.fromkeys((*there.rules, *rules)))
        comment = f"# forge-doctor: ignore[{every}] {there.reason or reason}".rstrip()
        return line[: there.column - 1] + comment + line[there.end_column - 1 :]
    code = line.rstrip()
    ending = "\r" if line.endswith("\r") else ""
    return f"{code}  # forge-doctor: ignore[{', '.join(rules)}] {reason}".rstrip() + ending
