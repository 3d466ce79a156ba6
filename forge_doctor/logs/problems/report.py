"""Turns a summary into a report: one finding for each problem, worst and most frequent first."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.finding import Evidence, Finding, Location, NotRun, Related
from forge_doctor.logs.carriers.clock import iso
from forge_doctor.logs.problems.correlation import timeline
from forge_doctor.logs.problems.group import Group
from forge_doctor.logs.problems.overview import tables
from forge_doctor.logs.problems.problem import (
    UNKNOWN,
    By,
    Problem,
    TriageOptions,
    find_problems,
    followers,
    group_reason,
    listed,
    sources,
)
from forge_doctor.logs.problems.problem_data import moment_data, problem_data
from forge_doctor.logs.problems.summary import Summary
from forge_doctor.report import Report

__all__ = ["By", "TriageOptions", "triage"]


def triage(
    summary: Summary, subject: str, options: TriageOptions | None = None, not_run: Sequence[NotRun] = ()
) -> Report:
    """The report of a summary; raises `UsageProblem` for an id in the options that no signature has."""
    chosen = options or TriageOptions()
    problems = find_problems(summary, chosen)
    known = [one for one in problems if one.signature is not None]
    shown = known[: chosen.top]
    unknown = [one for one in problems if one.signature is None]
    return Report(
        command="logs",
        subject=subject,
        findings=tuple(_finding(one, chosen, followers(one, known)) for one in (*shown, *unknown)),
        not_run=tuple(not_run),
        inspected={"lines": summary.lines, "bytes": summary.bytes},
        headline=_headline(known, unknown, summary),
        tables=tables(known, unknown, chosen),
        data={
            "problems": [problem_data(one) for one in shown],
            "other_errors": [problem_data(one) for one in unknown],
            "timeline": [moment_data(one) for one in timeline(one.group for one in shown) if one.first is not None],
        },
    )


def _headline(known: Sequence[Problem], unknown: Sequence[Problem], summary: Summary) -> str:
    left_out = _left_out(summary)
    if not known and not unknown:
        found = f"nothing found in {_counted(summary.lines, 'line')}" if summary.bytes else "nothing could be read"
        # A zone read wrongly would leave out what the user asked for.
        return f"{found}{left_out}; times that name no zone are those of --zone" if left_out else found
    events = _counted(sum(one.group.count for one in known), "event")
    text = f"{_counted(len(known), 'problem')} in {events}, {_counted(summary.lines, 'line')}"
    first = next(iter(timeline(one.group for one in known)), None)
    if first is not None and first.first is not None and len(known) > 1:
        text += f"; first came {first.signature} at {iso(first.first)}"
    others = sum(one.group.count for one in unknown)
    return text + (f"; {_counted(others, 'other error')}" if others else "") + left_out


def _left_out(summary: Summary) -> str:
    """How many events were not of the time that was asked for."""
    outside = summary.outside
    if not outside.counts:
        return ""
    events, last = _counted(sum(outside.counts.values()), "event"), max(outside.counts) * outside.width_s
    return f"; {events} outside the time asked for, the last about {iso(last)}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _finding(problem: Problem, options: TriageOptions, following: Sequence[Problem]) -> Finding:
    group, signature = problem.group, problem.signature
    return Finding(
        check=group.signature or UNKNOWN,
        severity=problem.severity,
        confidence=problem.confidence,
        message=_message(problem),
        location=_location(group),
        evidence=tuple(_evidence(problem, options, following)),
        remedy=f"{signature.fix}\n{signature.doc}" if signature else "",
        related=_related(problem),
    )


def _message(problem: Problem) -> str:
    group, signature = problem.group, problem.signature
    times = f"{_counted(group.count, 'time')}{_place(group)}"
    if signature is None:
        return f"{times}: {group.exception or 'an error'}: {group.message.partition(chr(10))[0][:200]}"
    reason = f" Probably because: {problem.causes[0].text}." if problem.causes else f" Usual cause: {signature.cause}"
    return f"{times}: {signature.summary}.{reason}"


def _place(group: Group) -> str:
    """` at app/pay.py:20 in charge`, ` on GET /orders`, or nothing where the log does not say."""
    if group.culprit is not None:
        function = f" in {group.culprit.function}" if group.culprit.function else ""
        return f" at {group.culprit.file}:{group.culprit.line}{function}"
    if group.endpoint:
        return f" under {group.endpoint}"
    return f" on {min(group.routes)}" if group.routes else ""


def _named(problem: Problem) -> str:
    return f"{problem.group.signature}{_place(problem.group)}"


def _location(group: Group) -> Location:
    if group.culprit is not None:
        return Location(target=group.culprit.file, line=group.culprit.line)
    if group.endpoint:
        place = group.endpoint.partition(" ")[0]
        return Location(target=place.rpartition(":")[0], line=int(place.rpartition(":")[2]))
    return Location(target=min(group.routes, default="") or min(group.sources, default="log"))


def _evidence(problem: Problem, options: TriageOptions, following: Sequence[Problem]) -> list[Evidence]:
    group, signature = problem.group, problem.signature
    found = _seen(group)
    if group.culprit is not None:
        named = ": ".join(part for part in (group.culprit.function, group.culprit.code) if part)
        found += [Evidence(label="culprit", value=named, source="innermost user frame")] if named else []
    elif group.endpoint:
        found.append(Evidence(label="endpoint", value=group.endpoint, source="named after the message"))
    else:
        found.append(Evidence(label="culprit", value=None, source="the log shows no user frame"))
    for label, names in (("routes", group.routes), ("workers", group.workers), ("names", group.details)):
        if names:
            found.append(Evidence(label=label, value=listed(names)))
    for label, numbers in sorted(group.numbers.items()):
        found.append(Evidence(label=label, value=listed([f"{number:g}" for number in sorted(numbers)])))
    found.append(Evidence(label="grouped by", value=group_reason(group)))
    found += [Evidence(label="after", value=text) for text in problem.after]
    if following:
        found.append(Evidence(label="probably led to", value=listed([_named(one) for one in following], 3)))
    if signature is not None and signature.tells:
        found.append(Evidence(label="note:", value=signature.tells))
    if options.example:
        found.append(Evidence(label="example", value=group.example))
    return found


def _seen(group: Group) -> list[Evidence]:
    """How often, where and when."""
    unit = "events" if group.count != 1 else "event"
    count = Evidence(label="count", value=group.count, unit=unit, source=", ".join(sources(group)))
    if group.first is None or group.last is None:
        return [count]
    if group.first == group.last:
        return [count, Evidence(label="at", value=iso(group.first))]
    return [count, Evidence(label="first", value=iso(group.first)), Evidence(label="last", value=iso(group.last))]


def _related(problem: Problem) -> tuple[Related, ...]:
    signature = problem.signature
    if signature is None:
        return ()
    rules = [Related(message="found in the source by lint", check=rule) for rule in signature.rules]
    checks = [Related(message="seen live by pool", check=check) for check in signature.checks]
    causes = [
        Related(message=f"probably because: {cause.text}", check=cause.signature) for cause in problem.causes[1:3]
    ]
    return (*causes, *rules, *checks)
