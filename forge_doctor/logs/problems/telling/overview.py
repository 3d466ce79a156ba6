"""The tables of a triage: one row for each problem, line of code or source."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.dataclass import replace
from forge_doctor.logs.problems.problem import By, Problem, TriageOptions, place, sources
from forge_doctor.logs.problems.telling.wording import error_words
from forge_doctor.report import Table
from forge_doctor.streams.times.clock import iso

Span = tuple[float, float]
_LONGEST_ERROR = 60
_COLUMNS = ("count", "first", "last", "rate", "where")


def tables(
    known: Sequence[Problem], unknown: Sequence[Problem], options: TriageOptions, others: int = 0
) -> tuple[Table, ...]:
    """The overview of the known problems, at most `top` of them, and the errors nobody knows, `others` of them unnamed."""
    shown = known[: options.top]
    told, span = [], _span([*shown, *unknown])
    if shown:
        table = _overview(shown, options.by, span)
        hidden = len(known) - len(shown)
        notes = (table.note, f"{hidden} more problem{'s' * (hidden > 1)}: --top shows {options.top}")
        told.append(table if len(shown) == len(known) else replace(table, note="; ".join(filter(None, notes))))
    if unknown:
        rows = [_row(one, error_words(one.group)[:_LONGEST_ERROR], span) for one in unknown[: options.top or 20]]
        told_of = ["the same exception at the same line, or the same words; no signature knows them"]
        told_of += [f"{len(unknown) - len(rows)} more kinds"] if len(unknown) > len(rows) else []
        told_of += [f"{others:,} more errors, each seen too rarely to keep"] if others else []
        told.append(
            Table(title="Errors nobody knows", columns=("error", *_COLUMNS), rows=tuple(rows), note="; ".join(told_of))
        )
    return tuple(told)


def _overview(problems: Sequence[Problem], by: By, span: Span | None) -> Table:
    if by is By.SIGNATURE:
        rows = [_row(one, one.group.signature, span) for one in problems]
        return Table(
            title="Problems", columns=("problem", *_COLUMNS), rows=tuple(rows), note=_span_note(span), leading=True
        )
    counts: dict[str, dict[str, int]] = {}
    for one in problems:
        for label in sources(one.group) if by is By.SOURCE else [place(one.group)]:
            count = one.group.sources[label] if by is By.SOURCE else one.group.count
            of = counts.setdefault(label, {})
            of[one.group.signature] = of.get(one.group.signature, 0) + count
    ordered = sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    rows_by = tuple(
        (label, sum(of.values()), ", ".join(f"{one} {count}" for one, count in sorted(of.items(), key=lambda i: -i[1])))
        for label, of in ordered
    )
    return Table(title=f"Problems by {by.value}", columns=(by.value, "count", "problems"), rows=rows_by, leading=True)


def _row(problem: Problem, name: str, span: Span | None) -> tuple[str | int | None, ...]:
    group = problem.group
    bars = ""
    if span is not None and group.first is not None and group.last is not None:
        bars = group.rate.bars(*span, own=(group.first, group.last))
    return (name, group.count, _moment(group.first, span), _moment(group.last, span), bars, place(group))


def _moment(at: float | None, span: Span | None) -> str | None:
    """The time of day, after the date where not all is of one day."""
    day, _, time = (iso(at) or "").partition("T")
    if not span or not time:
        return None
    return time[:8] if _day(span[0]) == _day(span[1]) else f"{day} {time[:8]}"


def _day(at: float) -> str:
    return (iso(at) or "").partition("T")[0]


def _span(problems: Sequence[Problem]) -> Span | None:
    firsts = [one.group.first for one in problems if one.group.first is not None]
    lasts = [one.group.last for one in problems if one.group.last is not None]
    return (min(firsts), max(lasts)) if firsts and lasts else None


def _span_note(span: Span | None) -> str:
    if span is None:
        return "the log has no times"
    return f"times are UTC, {_day(span[0])}; rate from {_moment(span[0], span)} to {_moment(span[1], span)}"
