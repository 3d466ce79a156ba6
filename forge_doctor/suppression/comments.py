"""Mutes findings by the comments in the source, in this one place; judges no comment (`suppression/ignores` does).

`# forge-doctor: ignore[rule, rule] reason` mutes on its own line, or, alone on a line, on the next line of
code; on the first or last line of a statement of several lines it mutes all of them.
`# forge-doctor: ignore-file[rule] reason` mutes in the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from forge_doctor.code.syntax.prefilter import IGNORE_MARK
from forge_doctor.code.syntax.text.logical_lines import Comment, Layout, layout
from forge_doctor.dataclass import dataclass
from forge_doctor.finding import Finding
from forge_doctor.regex import regex

PATTERN = regex(
    r"#\s*forge-doctor:\s*(?P<kind>ignore-file|ignore)\b(?P<bracket>\s*\[(?P<rules>[^\]#]*)\])?(?P<reason>[^#]*)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """One ignore comment: what it names, why, where it is, and the lines it mutes.

    `column` to `end_column` (exclusive) is the comment, `gap_column` where the blanks before it begin;
    `whole_line`: nothing else stands on its line.
    """

    rules: tuple[str, ...]
    reason: str
    line: int
    column: int
    end_column: int
    gap_column: int
    first: int
    last: int
    whole_file: bool = False
    whole_line: bool = False

    def mutes(self, finding: Finding) -> bool:
        """Whether the finding is of a rule it names and in its reach."""
        line = finding.location.line
        reaches = self.whole_file or (line is not None and self.first <= line <= self.last)
        return reaches and finding.check in self.rules


class Suppressed(NamedTuple):
    """What is left after the ignores, and per ignore the rules that muted something."""

    findings: tuple[Finding, ...]
    muted: int
    used: tuple[tuple[Ignore, frozenset[str]], ...]


def parse_ignores(text: str, former: Mapping[str, str] = MappingProxyType({})) -> tuple[Ignore, ...]:
    """The ignore comments of a source, former ids in their new spelling; a string that looks like one is none."""
    if IGNORE_MARK not in text:
        return ()
    lines = layout(text)
    return tuple(
        _ignore(match, comment, lines, former) for comment in lines.comments for match in PATTERN.finditer(comment.text)
    )


def _ignore(match: re.Match[str], comment: Comment, lines: Layout, former: Mapping[str, str]) -> Ignore:
    first, last = _reach(comment, lines)
    written = match[0].rstrip()
    column = comment.column + match.start()
    before = lines.lines[comment.line - 1][: column - 1]
    rules = (rule_id(rule) for rule in (match["rules"] or "").split(",") if rule.strip())
    return Ignore(
        rules=tuple(dict.fromkeys(former.get(rule, rule) for rule in rules)),
        reason=match["reason"].strip(" \t\r:-"),
        line=comment.line,
        column=column,
        end_column=column + len(written),
        gap_column=len(before.rstrip(" \t")) + 1,
        first=first,
        last=last,
        whole_file=match["kind"] == "ignore-file",
        whole_line=comment.alone and written == comment.text.strip(),
    )


def _reach(comment: Comment, lines: Layout) -> tuple[int, int]:
    """The lines it mutes: inside a statement of several lines only the one it stands on (or above)."""
    line = lines.code_line_after(comment.line) if comment.alone else comment.line
    if line is None:
        return comment.line, comment.line
    first, last = lines.run_of(line)
    whole = line == first or (line == last and not comment.alone)
    return (first, last) if whole else (line, line)


def rule_id(written: str) -> str:
    """A rule as the user wrote it, in the spelling of ids."""
    return written.strip().replace("_", "-").lower()


def suppress(findings: Sequence[Finding], ignores: Iterable[Ignore]) -> Suppressed:
    """The findings of one file that no ignore mutes, and which ignores did something."""
    told = tuple(ignores)
    kept = tuple(found for found in findings if not any(ignore.mutes(found) for ignore in told))
    used = tuple((ignore, frozenset(found.check for found in findings if ignore.mutes(found))) for ignore in told)
    return Suppressed(findings=kept, muted=len(findings) - len(kept), used=used)
