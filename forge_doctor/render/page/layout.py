"""Lays reports out as lines of styled spans for one width; paints nothing and adds no colour.

The terminal and the plain stream show the same lines: only signs and paint differ.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.finding import Evidence, Finding, Related, Severity
from forge_doctor.render.digest import (
    Unexamined,
    answers,
    context_text,
    evidence_text,
    group_unexamined,
    is_clean,
    ranked,
    summary_sentence,
)
from forge_doctor.render.page.columns import cell_width, wrap
from forge_doctor.render.page.lines import BLANK, Line, Page, Span, Style
from forge_doctor.render.page.table import lay_out_table
from forge_doctor.render.printable import printable_line, printable_lines
from forge_doctor.report import Report

REMEDY_INDENT = "    "
DO = "Do: "
HINT = "`forge-doctor explain <id>` for the manual"


def lay_out(reports: Sequence[Report], page: Page, *, tables_only: bool = False, quiet: bool = False) -> Iterator[Line]:
    """The whole page: a section a report, then one closing line over all of them.

    With `tables_only` the findings are counted but not told, for a screen that is looked at in passing; `quiet` leaves
    the findings, and what could not be looked at, alone.
    """
    if quiet:
        for report in reports:
            for found in report.findings:
                yield from _finding(found, report, page)
            for group in group_unexamined(report.not_run):
                yield from _unexamined(group, page)
        return
    written = 0
    for line in itertools.chain(*(_section(report, page, tables_only) for report in reports), _closing(reports, page)):
        written += 1
        yield line
    # What has left the screen is said once more where a person still sees it.
    if page.height and written > page.height and not tables_only:
        yield from _once_more(reports, page)


def _once_more(reports: Sequence[Report], page: Page) -> Iterator[Line]:
    """The two worst in a line each, and the one thing to type; nothing where a verdict has said it."""
    told = [found for _, found in ranked(reports) if found.severity > Severity.INFO]
    if not told or answers(reports):
        return
    yield BLANK
    for found in told[:2]:
        place = printable_line(str(found.location))
        told_line = f"{found.severity.label.upper()} {found.check} {place}: {printable_line(found.message)}"
        yield (Span(_shortened(told_line, page.prose), Style(found.severity.label)),)
    first = next((line for found in told for line in printable_lines(found.remedy) if line), "")
    if first:
        yield (Span("Now: "), Span(first, Style.REMEDY))


def _shortened(line: str, width: int) -> str:
    return line if cell_width(line) <= width else f"{wrap(line, width - 3)[0]}..."


def _section(report: Report, page: Page, tables_only: bool) -> Iterator[Line]:
    title = printable_line(f"{report.command} {report.subject}")
    yield from _wrapped(title, page.prose, Style.DIM)
    if report.headline:
        yield from _wrapped(printable_line(report.headline), page.prose, Style.STRONG)
    yield BLANK
    leading, following = ([table for table in report.tables if table.leading is first] for first in (True, False))
    for table in leading:
        yield from lay_out_table(table, page)
    if report.diagnoses:
        # Only a triage has any.
        from forge_doctor.render.page.diagnosis_lines import (
            lay_out_diagnosis,
            lay_out_not_looked_at,
            lay_out_unexplained,
        )
    for one in report.diagnoses:
        yield from lay_out_diagnosis(one, page)
    causes = {one.cause for one in report.diagnoses}
    left = [] if tables_only else [one for one in report.findings if one.check not in causes]
    if report.diagnoses:
        yield from lay_out_unexplained(left, page)
        left = []
    for found in left:
        yield from _finding(found, report, page)
    for table in following:
        yield from lay_out_table(table, page)
    if report.diagnoses:
        yield from lay_out_not_looked_at(report.not_run, page)
        return
    for group in group_unexamined(report.not_run):
        yield from _unexamined(group, page)


def _finding(found: Finding, report: Report, page: Page) -> Iterator[Line]:
    style = Style(found.severity.label)
    strength = Style.STRONG if found.severity >= Severity.ERROR else Style.PLAIN
    yield from _headed(found.severity.label.upper(), style, printable_line(found.message), strength, page)
    short, long = _evidence_by_length(found.evidence)
    around = "" if found.code is None else printable_line(context_text(found.code))
    facts = [*([around] if around else []), *map(_evidence, short)]
    yield from _indented(_flow(facts, page), Style.DIM, page)
    for line in _related(found.related):
        yield from _indented(wrap(line, page.measure), Style.DIM, page)
    location = found.location
    known = location.line is None and location.target in ("", report.subject)
    place = "" if known else printable_line(str(location))
    about = [place, found.check, f"{found.confidence.label} confidence"]
    yield from _indented(_flow([printable_line(part) for part in about if part], page), Style.DIM, page)
    for one in long:
        yield from _lines_of(one, page)
    yield from _remedy(found.remedy, page)
    yield BLANK


def _unexamined(group: Unexamined, page: Page) -> Iterator[Line]:
    reason = f"this is a bug of forge-doctor: {group.reason}" if group.crashed else group.reason
    yield from _headed("NOT RUN", Style.NOT_RUN, printable_line(reason), Style.PLAIN, page)
    yield from _indented([_one_line(group.checks, page.measure)], Style.DIM, page)
    yield from _remedy(group.remedy, page)
    yield BLANK


def _closing(reports: Sequence[Report], page: Page) -> Iterator[Line]:
    sentence = summary_sentence(reports)
    clean = is_clean(reports)
    text = printable_line((page.marks.get(Style.CLEAN, "") if clean else "") + sentence[:1].upper() + sentence[1:])
    lines = [text]
    if any(report.findings for report in reports):
        # The hint on a line of its own where it does not fit: a command is not to be broken.
        joined = f"{text}; {HINT}"
        lines = [joined] if cell_width(joined) <= page.prose else [text, HINT]
    for line in lines:
        yield from _wrapped(line, page.prose, Style.CLEAN if clean else Style.PLAIN)
    for answer in answers(reports):
        head, is_typed, rest = answer.partition(DO)
        if is_typed and not head:
            yield (Span(DO), Span(printable_line(rest), Style.REMEDY))  # whole, however long: it is to be copied
        else:
            yield from _wrapped(printable_line(answer), page.prose, Style.STRONG)


def _headed(word: str, style: Style, text: str, strength: Style, page: Page) -> Iterator[Line]:
    """The word, then the text with a hanging indent: beside the word, or as wide as can be."""
    head = f"{page.marks.get(style, '')}{word}  "
    head = head.ljust(page.gutter)
    first, *rest = wrap(text, page.measure, taken=cell_width(head) - page.gutter)
    yield (Span(head, style), Span(first, strength))
    yield from _indented(rest, strength, page)


def _remedy(remedy: str, page: Page) -> Iterator[Line]:
    """Sentences wrapped; statements, commands and addresses whole, however long, so that they can be copied."""
    lines = printable_lines(remedy)
    if lines:
        yield BLANK
    for line in lines:
        told = wrap(line, page.measure) if _is_sentence(line) else [line]
        yield from ((Span(REMEDY_INDENT), Span(part, Style.REMEDY)) if part else BLANK for part in told)


def _is_sentence(line: str) -> bool:
    """Whether it begins and ends as a sentence does, and not as SQL (whose first word is in capitals) or a command."""
    first = line.partition(" ")[0]
    return line[-1:] in (".", "!", "?", ")") and line[:1].isupper() and len(first) < len(line) and not first.isupper()


def _evidence_by_length(told: Sequence[Evidence]) -> tuple[list[Evidence], list[Evidence]]:
    """What goes into a line, and what has lines of its own: an example of a log."""
    long = [one for one in told if isinstance(one.value, str) and "\n" in one.value]
    return [one for one in told if one not in long], long


def _lines_of(one: Evidence, page: Page) -> Iterator[Line]:
    """Its lines as they are, behind a bar: no line of a log is to begin like a command of whoever runs us."""
    yield from _indented([printable_line(one.label)], Style.DIM, page)
    yield from _indented([f"| {line}" for line in printable_lines(str(one.value))], Style.DIM, page)


def _flow(parts: Sequence[str], page: Page) -> Iterator[str]:
    """Parts one after the other, a line broken between two of them where that is possible."""
    current = ""
    for part in parts:
        joined = f"{current}{page.separator}{part}" if current else part
        if cell_width(joined) <= page.measure:
            current = joined
            continue
        if current:
            yield current
        *full, current = wrap(part, page.measure)
        yield from full
    if current:
        yield current


def _one_line(names: Sequence[str], width: int) -> str:
    """As many names as fit, and how many more there are."""
    for shown in range(len(names), 0, -1):
        more = f" and {len(names) - shown} more" if shown < len(names) else ""
        line = ", ".join(printable_line(name) for name in names[:shown]) + more
        if cell_width(line) <= width:
            return line
    return f"{len(names)} checks"


def _indented(lines: Iterable[str], style: Style, page: Page) -> Iterator[Line]:
    for line in lines:
        yield (Span(" " * page.gutter), Span(line, style))


def _wrapped(text: str, width: int, style: Style) -> Iterator[Line]:
    for line in wrap(text, width):
        yield (Span(line, style),)


def _evidence(evidence: Evidence) -> str:
    return printable_line(evidence_text(evidence))


def _related(related: Sequence[Related]) -> Iterator[str]:
    """A line for each place; checks that are told with the same words share one."""
    checks: dict[str, list[str]] = {}
    for one in related:
        place = f" ({one.location})" if one.location else ""
        checks.setdefault(f"see also: {one.message}{place}", []).extend([one.check] if one.check else [])
    for words, ids in checks.items():
        yield printable_line(f"{words} [{', '.join(ids)}]" if ids else words)
