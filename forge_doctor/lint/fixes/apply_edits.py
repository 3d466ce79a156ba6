"""Applies the edits of findings to a text and checks the result; touches no file.

A finding's edits are applied together or not at all. What is edited must parse as before, and the rule
must have that much less to say; else its edits are refused and the text stays as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from forge_doctor.code.files.text_file import compiles
from forge_doctor.code.syntax.text.logical_lines import is_sound, lines_of
from forge_doctor.dataclass import dataclass, field
from forge_doctor.finding import Edit, Finding, Location

MAX_ROUNDS = 10
Relint = Callable[[str], Sequence[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """The text after the edits, how many findings of each rule they mended, and which rules' edits were refused."""

    text: str
    mended: Mapping[str, int] = field(default_factory=dict)
    refused: tuple[str, ...] = ()


def fix_text(text: str, relint: Relint, *, unsafe: bool = False, newline: str = "\n") -> Fixed:
    """Apply edits until there are none; `relint` gives the findings of a text."""
    mended: Counter[str] = Counter()
    refused: set[str] = set()
    findings = relint(text)
    for _ in range(MAX_ROUNDS):
        chosen = choose(findings, text, unsafe=unsafe, refused=refused)
        if not chosen:
            break
        edited = apply_edits(text, (edit for found in chosen for edit in found.edits), newline)
        after = relint(edited)
        if _holds(text, edited, chosen, findings, after):
            text, findings = edited, after
            mended.update(found.check for found in chosen)
        else:
            refused |= _culprits(text, relint, chosen, findings, newline)
    return Fixed(text=text, mended=dict(mended), refused=tuple(sorted(refused)))


def choose(
    findings: Iterable[Finding], text: str, *, unsafe: bool = False, refused: Iterable[str] = ()
) -> tuple[Finding, ...]:
    """The findings to mend in one pass, by place: no two of them touch the same text."""
    barred = frozenset(refused)
    offsets = Offsets(text)
    taken: list[tuple[int, int]] = []
    chosen = []
    for found in findings:
        if found.check in barred or not found.edits or not (unsafe or all(edit.safe for edit in found.edits)):
            continue
        spans = [offsets.span(edit.location) for edit in found.edits]
        if not any(_touch(span, other) for span in spans for other in taken):
            taken += spans
            chosen.append(found)
    return tuple(chosen)


def apply_edits(text: str, edits: Iterable[Edit], newline: str = "\n") -> str:
    """The text with the edits made; of two insertions at one place the first comes first."""
    offsets = Offsets(text)
    spans = sorted(((*offsets.span(edit.location), edit.replacement) for edit in edits), key=lambda span: span[:2])
    parts, position = [], 0
    for start, end, replacement in spans:
        parts += [text[position:start], replacement.replace("\n", newline)]
        position = end
    return "".join((*parts, text[position:]))


class Offsets:
    """From lines and columns, both counted from 1, to places in the text."""

    def __init__(self, text: str) -> None:
        self.lines = lines_of(text)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)

    def span(self, location: Location) -> tuple[int, int]:
        """Where the location begins and where it ends."""
        start = self._offset(location.line or 1, location.column or 1)
        if location.end_line is None or location.end_column is None:
            return start, start
        return start, max(start, self._offset(location.end_line, location.end_column))

    def _offset(self, line: int, column: int) -> int:
        if line > len(self.lines):
            return self.starts[-1] - 1
        return self.starts[line - 1] + min(column - 1, len(self.lines[line - 1]))


def _touch(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _holds(
    text: str, edited: str, chosen: Sequence[Finding], before: Sequence[Finding], after: Sequence[Finding]
) -> bool:
    if any(reads(text) and not reads(edited) for reads in (is_sound, compiles)):
        return False
    had, has = (Counter(found.check for found in findings) for findings in (before, after))
    return all(has[check] <= had[check] - count for check, count in Counter(one.check for one in chosen).items())


def _culprits(
    text: str, relint: Relint, chosen: Sequence[Finding], findings: Sequence[Finding], newline: str
) -> set[str]:
    """The rules whose edits do not hold by themselves; all of them where each alone would."""
    checks = {found.check for found in chosen}
    culprits = set()
    for check in checks if len(checks) > 1 else ():
        own = [found for found in chosen if found.check == check]
        edited = apply_edits(text, (edit for found in own for edit in found.edits), newline)
        if not _holds(text, edited, own, findings, relint(edited)):
            culprits.add(check)
    return culprits or checks
