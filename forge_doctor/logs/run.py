"""Turns a summary into a report: one finding for each problem, worst and most frequent first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from forge_doctor.check import nearest
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Confidence, Evidence, Finding, Location, NotRun, Related, Severity
from forge_doctor.logs.clock import iso
from forge_doctor.logs.group import Group
from forge_doctor.logs.incident import Cause, find_causes, starts_before, timeline
from forge_doctor.logs.signature import Signature, load_signatures
from forge_doctor.logs.summary import Summary
from forge_doctor.report import Report, Table

UNKNOWN = "unknown-error"


class By(StrEnum):
    """What the overview's rows are."""

    SIGNATURE = "signature"
    CULPRIT = "culprit"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageOptions:
    """What of a summary is shown: `only` and `ignore` are ids or their beginnings; `top` problems at most."""

    by: By = By.SIGNATURE
    top: int | None = None
    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_count: int = 1
    example: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A group with what is known of its fault and of its reasons."""

    group: Group
    signature: Signature | None
    causes: tuple[Cause, ...]
    after: tuple[str, ...]

    @property
    def severity(self) -> Severity:
        """How bad it is: a problem that another one explains is an error at most."""
        if self.signature is None:
            return Severity.WARNING
        usual = self.signature.severity
        return min(usual, Severity.ERROR) if self.causes and self.causes[0].explained >= self.group.count else usual

    @property
    def confidence(self) -> Confidence:
        """High where an exception or the server said it; medium where only a log line's words do."""
        if self.signature is None:
            return Confidence.LOW
        group = self.group
        return Confidence.HIGH if group.exceptions or group.origin != "app" or group.culprit else Confidence.MEDIUM


def triage(
    summary: Summary, subject: str, options: TriageOptions | None = None, not_run: Sequence[NotRun] = ()
) -> Report:
    """The report of a summary; raises `UsageProblem` for an id in the options that no signature has."""
    chosen = options or TriageOptions()
    problems = _problems(summary, chosen)
    known = [one for one in problems if one.signature is not None]
    shown = known[: chosen.top] if chosen.top else known
    unknown = [one for one in problems if one.signature is None]
    return Report(
        command="logs",
        subject=subject,
        findings=tuple(_finding(one, chosen) for one in (*shown, *unknown)),
        not_run=tuple(not_run),
        inspected={"lines": summary.lines, "bytes": summary.bytes},
        headline=_headline(known, unknown, summary),
        tables=_tables(shown, unknown, chosen),
        data={
            "problems": [_problem_data(one) for one in shown],
            "other_errors": [_problem_data(one) for one in unknown],
            "timeline": [_moment_data(one) for one in timeline(one.group for one in shown) if one.first is not None],
        },
    )


def _problems(summary: Summary, options: TriageOptions) -> list[Problem]:
    known = load_signatures()
    only, ignore = _ids(options.only, known, "--only"), _ids(options.ignore, known, "--ignore")
    groups = list(summary.groups.values())
    problems = [
        Problem(
            group=group,
            signature=known.get(group.signature),
            causes=find_causes(group, groups, known),
            after=starts_before(group, summary.marks),
        )
        for group in groups
        if group.count >= options.min_count
        and (not only or (group.signature or UNKNOWN) in only)
        and (group.signature or UNKNOWN) not in ignore
    ]
    return sorted(problems, key=_rank)


def _rank(problem: Problem) -> tuple[Any, ...]:
    return (-problem.severity, bool(problem.causes), -problem.group.count, problem.group.key)


def _ids(entries: Sequence[str], known: dict[str, Signature], option: str) -> set[str]:
    ids = [*known, UNKNOWN]
    chosen: set[str] = set()
    for entry in entries:
        word = entry.strip().lower().replace("_", "-")
        found = {word} & set(ids) or {one for one in ids if word and one.startswith(word)}
        if not found:
            raise UsageProblem(f"{option}: unknown signature {entry!r}{nearest(word, ids)}")
        chosen |= found
    return chosen


def _headline(known: Sequence[Problem], unknown: Sequence[Problem], summary: Summary) -> str:
    if not known and not unknown:
        return f"nothing found in {summary.lines:,} lines"
    events = sum(one.group.count for one in known)
    text = f"{len(known)} problem{'s' * (len(known) != 1)} in {events:,} events, {summary.lines:,} lines"
    first = next(iter(timeline(one.group for one in known)), None)
    if first is not None and first.first is not None and len(known) > 1:
        text += f"; first came {first.signature} at {iso(first.first)}"
    others = sum(one.group.count for one in unknown)
    return text + (f"; {others:,} other errors" if others else "")


def _finding(problem: Problem, options: TriageOptions) -> Finding:
    group, signature = problem.group, problem.signature
    return Finding(
        check=group.signature or UNKNOWN,
        severity=problem.severity,
        confidence=problem.confidence,
        message=_message(problem),
        location=_location(group),
        evidence=tuple(_evidence(problem, options)),
        remedy=f"{signature.fix}\n{signature.doc}" if signature else "",
        related=_related(problem),
    )


def _message(problem: Problem) -> str:
    group, signature = problem.group, problem.signature
    times = f"{group.count:,} time{'s' * (group.count != 1)}"
    if signature is None:
        return f"{times} {group.exception or 'an error'}: {group.message.partition(chr(10))[0][:200]}"
    reason = f" Probably because: {problem.causes[0].text}." if problem.causes else f" Usual cause: {signature.cause}"
    return f"{times}. {signature.meaning}{reason}"


def _location(group: Group) -> Location:
    if group.culprit is not None:
        return Location(target=group.culprit.file, line=group.culprit.line)
    if group.endpoint:
        place = group.endpoint.partition(" ")[0]
        return Location(target=place.rpartition(":")[0], line=int(place.rpartition(":")[2]))
    return Location(target=min(group.routes, default="") or min(group.sources, default="log"))


def _evidence(problem: Problem, options: TriageOptions) -> list[Evidence]:
    group, signature = problem.group, problem.signature
    found = [Evidence(label="count", value=group.count, unit="events", source=", ".join(_sources(group)))]
    if group.first is not None and group.last is not None:
        found += [Evidence(label="first", value=iso(group.first)), Evidence(label="last", value=iso(group.last))]
    if group.culprit is not None:
        named = f"{group.culprit.function}: {group.culprit.code}" if group.culprit.code else group.culprit.function
        found += [Evidence(label="culprit", value=named, source="innermost user frame")] if named else []
    elif group.endpoint:
        found.append(Evidence(label="endpoint", value=group.endpoint, source="named after the message"))
    else:
        found.append(Evidence(label="culprit", value=None, source="the log shows no user frame"))
    for label, names in (("routes", group.routes), ("workers", group.workers), ("names", group.details)):
        if names:
            found.append(Evidence(label=label, value=_listed(names)))
    for label, numbers in sorted(group.numbers.items()):
        found.append(Evidence(label=label, value=_listed([f"{number:g}" for number in sorted(numbers)])))
    found.append(Evidence(label="grouped by", value=group_reason(group)))
    found += [Evidence(label="reason", value=cause.text) for cause in problem.causes[:3]]
    found += [Evidence(label="after", value=text) for text in problem.after]
    if signature is not None and signature.tells:
        found.append(Evidence(label="the log cannot tell", value=signature.tells))
    if options.example:
        found.append(Evidence(label="example", value=group.example))
    return found


def group_reason(group: Group) -> str:
    """Why these events are one problem, in words."""
    fault = "the same fault" if group.signature else "the same exception"
    if group.culprit is not None:
        return f"{fault} at the same line of the user's code"
    name = group.key[5]
    if name and name in group.routes:
        return f"{fault} on the same route, no user frame in the log"
    if name and name in group.details:
        return f"{fault} about {name}, no user frame in the log"
    return f"{fault}, SQLSTATE {name}" if name else f"{fault}, no user frame in the log"


def _related(problem: Problem) -> tuple[Related, ...]:
    signature = problem.signature
    if signature is None:
        return ()
    rules = [Related(message="lint rule that finds this in the source", check=rule) for rule in signature.rules]
    checks = [Related(message="pool check that sees this live", check=check) for check in signature.checks]
    causes = [Related(message=cause.text, check=cause.signature) for cause in problem.causes[:3]]
    return (*causes, *rules, *checks)


def _tables(known: Sequence[Problem], unknown: Sequence[Problem], options: TriageOptions) -> tuple[Table, ...]:
    tables = []
    if known:
        tables.append(_overview(known, options.by))
    if unknown:
        rows = [_row(one, one.group.exception or "?", _span([one])) for one in unknown[: options.top or 20]]
        note = "same exception at the same line; no signature knows them" + (
            f"; {len(unknown) - len(rows)} more" if len(unknown) > len(rows) else ""
        )
        tables.append(Table(title="Other errors", columns=("error", *_COLUMNS), rows=tuple(rows), note=note))
    return tuple(tables)


_COLUMNS = ("count", "first", "last", "rate", "where")


def _overview(problems: Sequence[Problem], by: By) -> Table:
    span = _span(problems)
    if by is By.SIGNATURE:
        rows = [_row(one, one.group.signature, span) for one in problems]
        return Table(title="Problems", columns=("problem", *_COLUMNS), rows=tuple(rows), note=_span_note(span))
    name: Callable[[Group], list[str]] = _sources if by is By.SOURCE else _place
    counts: dict[str, dict[str, int]] = {}
    for one in problems:
        for label in name(one.group):
            count = one.group.sources[label] if by is By.SOURCE else one.group.count
            of = counts.setdefault(label, {})
            of[one.group.signature] = of.get(one.group.signature, 0) + count
    ordered = sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    rows_by = tuple(
        (label, sum(of.values()), ", ".join(f"{one} {count}" for one, count in sorted(of.items(), key=lambda i: -i[1])))
        for label, of in ordered
    )
    return Table(title=f"Problems by {by.value}", columns=(by.value, "count", "problems"), rows=rows_by)


def _row(problem: Problem, name: str, span: tuple[float, float] | None) -> tuple[str | int | None, ...]:
    group = problem.group
    bars = group.rate.bars(*span) if span and group.first is not None else ""
    return (name, group.count, iso(group.first), iso(group.last), bars, _place(group)[0])


def _span(problems: Sequence[Problem]) -> tuple[float, float] | None:
    firsts = [one.group.first for one in problems if one.group.first is not None]
    lasts = [one.group.last for one in problems if one.group.last is not None]
    return (min(firsts), max(lasts)) if firsts and lasts else None


def _span_note(span: tuple[float, float] | None) -> str:
    return f"rate from {iso(span[0])} to {iso(span[1])}" if span else "the log has no times"


def _place(group: Group) -> list[str]:
    if group.culprit is not None:
        place = group.culprit
        return [f"{place.file}:{place.line}" + (f" {place.function}" if place.function else "")]
    return [group.endpoint or min(group.routes, default="") or ", ".join(_sources(group))]


def _sources(group: Group) -> list[str]:
    return sorted(group.sources)


def _listed(names: Sequence[str] | set[str], most: int = 8) -> str:
    told = sorted(names) if isinstance(names, set) else list(names)
    return ", ".join(told[:most]) + (f" and {len(told) - most} more" if len(told) > most else "")


def _problem_data(problem: Problem) -> dict[str, Any]:
    group, signature = problem.group, problem.signature
    place = group.culprit
    named = {"file": place.file, "line": place.line, "function": place.function or None} if place else None
    return {
        "signature": group.signature or group.exception,
        "count": group.count,
        "culprit": named,
        "code": group.code or None,
        "endpoint": group.endpoint or None,
        "first": iso(group.first),
        "last": iso(group.last),
        "sources": _sources(group),
        "severity": problem.severity.label,
        "confidence": problem.confidence.label,
        "category": signature.category if signature else None,
        "origin": group.origin,
        "routes": sorted(group.routes),
        "workers": sorted(group.workers),
        "exceptions": sorted(group.exceptions),
        "names": sorted(group.details),
        "numbers": {label: sorted(numbers) for label, numbers in sorted(group.numbers.items())},
        "lower_bound": bool(signature and signature.tells.startswith("a lower bound")),
        "note": signature.tells or None if signature else None,
        "grouped_by": group_reason(group),
        "because": [{"signature": cause.signature, "explained": cause.explained} for cause in problem.causes],
        "after": list(problem.after),
        "meaning": signature.meaning if signature else None,
        "cause": signature.cause if signature else None,
        "fix": signature.fix if signature else None,
        "doc": signature.doc if signature else None,
        "rules": list(signature.rules) if signature else [],
        "checks": list(signature.checks) if signature else [],
        "rate": group.rate.to_data(),
        "message": group.message,
        "example": group.example,
    }


def _moment_data(group: Group) -> dict[str, Any]:
    return {"first": iso(group.first), "signature": group.signature, "count": group.count}
