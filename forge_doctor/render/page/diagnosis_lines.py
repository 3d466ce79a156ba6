"""The causes of a triage as lines of the page: each in less than a screen, what is cut is counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.diagnosis import Diagnosis, Holder, Moment, Symptom, Urgency, Verdict
from forge_doctor.finding import Finding, NotRun
from forge_doctor.render.page.columns import cell_width, wrap
from forge_doctor.render.page.lines import BLANK, Line, Page, Span, Style
from forge_doctor.render.printable import printable_line, printable_lines

STYLES = {
    Urgency.DATA_LOSS: Style.CRITICAL,
    Urgency.OUTAGE: Style.CRITICAL,
    Urgency.OUTAGE_SOON: Style.ERROR,
    Urgency.RISK: Style.WARNING,
}
# Lines of each part: one cause with all of them fits 40.
HOLDERS, SYMPTOMS, REASONS, RULED_OUT, MOMENTS, CHANGE, NEXT, UNSEEN, UNEXPLAINED = 2, 4, 3, 2, 3, 3, 2, 2, 3
LABEL = 12
UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def lay_out_diagnosis(one: Diagnosis, page: Page) -> Iterator[Line]:
    """One cause: what it is, who holds, its symptoms, why we think so, what to do."""
    style = STYLES[one.urgency] if one.verdict is not Verdict.INCONCLUSIVE else Style.WARNING
    head = f"{page.marks.get(style, '')}{one.urgency.label.upper()}"
    first, *rest = wrap(printable_line(one.title), page.prose, taken=cell_width(head) + 2)
    yield (Span(f"{head}  ", style), Span(first, Style.STRONG))
    yield from ((Span(line, Style.STRONG),) for line in rest)
    about = [one.verdict.value, f"cause {one.cause}", *([one.application] if one.application else [])]
    if one.place is not None and one.place.seen and one.place.seen != one.place.file:
        about.append(f"seen as {one.place.seen}")
    yield from _entries("verdict", [page.separator.join(about)], 1, page)
    if one.place is not None and str(one.place) not in one.title:
        yield from _entries("line", [str(one.place)], 1, page)
    if one.excerpt is not None and one.excerpt.location.line is not None:
        yield from _entries("code", [one.excerpt.lines[one.excerpt.location.line - one.excerpt.first].strip()], 1, page)
    yield from _entries("held by", _holders(one.holders, one.sessions), HOLDERS, page, rows=2)
    yield from _entries("symptoms", map(_symptom, one.symptoms), SYMPTOMS, page)
    yield from _entries("why", (f"{each.text} [{each.source or each.part}]" for each in one.why), REASONS, page, rows=2)
    yield from _whole("now", one.now, page)
    yield from _sentences("change", one.change, CHANGE, page)
    if one.verdict is not Verdict.CONFIRMED:
        yield from _sentences("to be sure", one.next, NEXT, page)
    yield from _entries("ruled out", (f"{each.cause}: {each.why}" for each in one.ruled_out), RULED_OUT, page)
    yield from _entries("timeline", map(_moment, _chosen(one.timeline)), MOMENTS, page)
    yield BLANK


def lay_out_unexplained(findings: Iterable[Finding], page: Page) -> Iterator[Line]:
    """What no cause explains, a line each: it may be a cause of its own, and is never dropped."""
    told = [f"{one.severity.label} {one.check}: {one.message}" for one in findings]
    yield from _entries("unexplained", told, UNEXPLAINED, page)


def lay_out_not_looked_at(not_run: Iterable[NotRun], page: Page) -> Iterator[Line]:
    """What could not be looked at, a line each; a crash is a fault of ours and says so."""
    told = list(
        dict.fromkeys(f"{one.check}: {'a bug of forge-doctor: ' if one.crashed else ''}{one.reason}" for one in not_run)
    )
    yield from _entries("not seen", told, UNSEEN, page)
    if told:
        yield BLANK


def duration(seconds: float) -> str:
    """`5 min 2 s`, `3 h`: the two largest units."""
    parts: list[str] = []
    left = round(seconds)
    for size, unit in UNITS:
        count, left = divmod(left, int(size))
        if count and len(parts) < 2:
            parts.append(f"{count:.0f} {unit}")
    return " ".join(parts) or "less than a second"


def _holders(holders: Sequence[Holder], sessions: Sequence[int]) -> Iterator[str]:
    """Those of one process, state and line together, the oldest first."""
    groups: dict[tuple[str, str, str], list[Holder]] = {}
    for one in holders:
        groups.setdefault((one.name, one.state, str(one.place or "")), []).append(one)
    for (name, state, place), alike in groups.items():
        pids = [str(one.session) for one in alike if one.session is not None]
        many = "sessions" if len(pids) > 1 else "session"
        who = f"{many} {', '.join(pids)} of {name or 'somebody'}" if pids else name or "somebody"
        ages = sorted(one.held_s for one in alike if one.held_s is not None)
        for_long = f" for {duration(ages[-1])}" if ages else ""
        since = min((one.since for one in alike if one.since), default="")
        how = next((f" [{one.how}]" for one in alike if one.how and place), "")
        line = f"{place}{how}: " if place else ""
        yield f"{line}{who}, {state or 'held'}{for_long}{f' (since {clock(since)})' if since else ''}"
    known = {one.session for one in holders}
    left = [one for one in sessions if one not in known]
    if left:
        more = " more" if known else ""
        first = "and " if known else ""
        yield f"{first}{len(left)}{more} {'sessions' if len(left) > 1 else 'session'}: {', '.join(map(str, left))}"


def _symptom(one: Symptom) -> str:
    count = f"{one.count} x " if one.count and one.count > 1 else ""
    place = f" at {one.place}" if one.place is not None else ""
    return f"{count}{one.check}{place}: {one.text}"


def _moment(one: Moment) -> str:
    lane = f" {one.lane}:" if one.lane else ""
    return f"{clock(one.at)}{lane} {one.text}"


def _chosen(moments: Sequence[Moment]) -> Sequence[Moment]:
    """How it began, and the last of it."""
    if len(moments) <= MOMENTS:
        return moments
    return (*moments[: MOMENTS - 1], moments[-1])


def clock(moment: str) -> str:
    """`03:02:10` of a moment in ISO 8601; as it is where it is none."""
    _, found, rest = moment.partition("T")
    return rest[:8] if found else moment


def _entries(label: str, texts: Iterable[str], most: int, page: Page, rows: int = 1) -> Iterator[Line]:
    """At most so many, each in so many lines at most; the last says how many there are more."""
    told = [printable_line(text) for text in texts]
    if len(told) > most:
        told = [*told[: most - 1], f"and {len(told) - most + 1} more, in --output-format json"]
    for at, text in enumerate(told):
        for row, line in enumerate(_cut(text, page.prose - LABEL, rows)):
            yield _row(label if at == row == 0 else "", line if row == 0 else f"  {line}", Style.PLAIN)


def _cut(text: str, width: int, rows: int) -> list[str]:
    """The text in so many lines at most; what is left out leaves three points."""
    lines = wrap(text, width - 2) if cell_width(text) > width else [text]
    if len(lines) <= rows:
        return lines
    return [*lines[: rows - 1], f"{wrap(lines[rows - 1], width - 5)[0]}..."]


def _whole(label: str, texts: Iterable[str], page: Page) -> Iterator[Line]:
    """What is to be typed: whole, however long."""
    del page
    lines = [line for text in texts for line in printable_lines(text) if line.strip()]
    for at, line in enumerate(lines):
        yield _row(label if at == 0 else "", line, Style.REMEDY)


def _sentences(label: str, texts: Iterable[str], most: int, page: Page) -> Iterator[Line]:
    lines = [
        part for text in texts for line in printable_lines(text) for part in wrap(line, page.prose - LABEL) if part
    ]
    for at, line in enumerate(lines[:most]):
        cut = at == most - 1 and len(lines) > most
        yield _row(label if at == 0 else "", f"{line} ..." if cut else line, Style.REMEDY)


def _row(label: str, text: str, style: Style) -> Line:
    return (Span(label.ljust(LABEL), Style.DIM), Span(text, style))
