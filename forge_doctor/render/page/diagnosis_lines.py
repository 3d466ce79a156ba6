"""The causes of a triage as lines of the page: each in less than a screen, what is cut is counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.diagnosis import Diagnosis, Holder, Moment, Symptom, Urgency, Verdict
from forge_doctor.finding import NotRun
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
HOLDERS, SYMPTOMS, REASONS, RULED_OUT, MOMENTS, CHANGE, NEXT = 3, 4, 4, 3, 4, 3, 2
LABEL = 11
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
    yield from _entries("held by", map(_holder, one.holders), HOLDERS, page)
    yield from _entries("symptoms", map(_symptom, one.symptoms), SYMPTOMS, page)
    yield from _entries("why", (f"{each.text} [{each.source or each.part}]" for each in one.why), REASONS, page)
    yield from _whole("now", one.now, page)
    yield from _sentences("change", one.change, CHANGE, page)
    if one.verdict is not Verdict.CONFIRMED:
        yield from _sentences("to be sure", one.next, NEXT, page)
    yield from _entries("ruled out", (f"{each.cause}: {each.why}" for each in one.ruled_out), RULED_OUT, page)
    yield from _entries("timeline", map(_moment, _chosen(one.timeline)), MOMENTS, page)
    yield BLANK


def lay_out_not_looked_at(not_run: Iterable[NotRun], page: Page) -> Iterator[Line]:
    """What could not be looked at, a line each; a crash is a fault of ours and says so."""
    told = list(
        dict.fromkeys(f"{one.check}: {'a bug of forge-doctor: ' if one.crashed else ''}{one.reason}" for one in not_run)
    )
    yield from _entries("not seen", told, SYMPTOMS, page)
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


def _holder(one: Holder) -> str:
    name = one.name or "somebody"
    session = f"session {one.session} of {name}" if one.session is not None else name
    state = f" {one.state}" if one.state else ""
    for_long = f" for {duration(one.held_s)}" if one.held_s is not None else ""
    since = f" (since {clock(one.since)})" if one.since else ""
    place = f", {one.place}" if one.place is not None else ""
    how = f" [{one.how}]" if one.how and one.place is not None else ""
    return f"{session}:{state}{for_long}{since}{place}{how}"


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


def _entries(label: str, texts: Iterable[str], most: int, page: Page) -> Iterator[Line]:
    """A line each, cut to the page; the last says how many there are more."""
    told = [printable_line(text) for text in texts]
    shown = (
        told if len(told) <= most else [*told[: most - 1], f"and {len(told) - most + 1} more, in --output-format json"]
    )
    for at, text in enumerate(shown):
        yield _row(label if at == 0 else "", _shortened(text, page.prose - LABEL), Style.PLAIN)


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


def _shortened(line: str, width: int) -> str:
    return line if cell_width(line) <= width else f"{wrap(line, width - 3)[0]}..."
