"""What is said of problems in sentences: the headline, the verdict, one message a problem."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.finding import counted
from forge_doctor.logs.problems.correlation import timeline
from forge_doctor.logs.problems.group import Group
from forge_doctor.logs.problems.problem import Problem
from forge_doctor.logs.problems.summary import Summary
from forge_doctor.logs.signature import load_signatures
from forge_doctor.streams.times.clock import iso

LONGEST_MESSAGE = 200
UNSURE = "tracebacks are mixed here; the line cannot be told"
LOOKED_FOR = "tracebacks, lines at ERROR and above, starts that fail"


def headline(known: Sequence[Problem], unknown: Sequence[Problem], summary: Summary) -> str:
    """What was found in how much, in a line."""
    outside = left_out(summary)
    lines = counted_lines(summary)
    strangers = sum(one.group.count for one in unknown) + summary.others
    if not known and not strangers:
        found = f"nothing found in {lines}" if summary.bytes else "nothing could be read"
        # A zone read wrongly would leave out what the user asked for.
        return f"{found}{outside}; times that name no zone are those of --zone" if outside else found
    if not known:
        return f"{_strangers(strangers)}, {lines}{outside}"
    text = f"{counted(len(known), 'problem')} in {counted(sum(one.group.count for one in known), 'event')}, {lines}"
    first = next(iter(timeline(one.group for one in known)), None)
    if first is not None and first.first is not None and len(known) > 1:
        text += f"; first came {first.signature} at {iso(first.first)}"
    return text + (f"; {_strangers(strangers)}" if strangers else "") + outside


def verdict(known: Sequence[Problem], unknown: Sequence[Problem], summary: Summary) -> str:
    """The answer: what is worst, and on a second line what to do; of a healthy log, what was looked for."""
    looked = f"{len(load_signatures())} known faults, {LOOKED_FOR}"
    if not summary.bytes:
        return "Nothing could be read."
    # An error nobody knows that fails requests again and again is worse than a warning.
    worst = max((*known[:1], *unknown[:1]), key=lambda one: one.severity, default=None)
    if worst is None:
        return f"No fault found in {counted_lines(summary)}; looked for {looked}{left_out(summary)}."
    todo = worst.signature.fix if worst.signature else "read it with --example and search the line it names"
    return f"Worst: {named(worst)}, {message(worst)}\nWhat to do: {todo}"


def _strangers(count: int) -> str:
    return f"{counted(count, 'error')} nobody knows"


def left_out(summary: Summary) -> str:
    """How many events were not of the time that was asked for."""
    outside = summary.outside
    if not outside.counts:
        return ""
    events, last = counted(sum(outside.counts.values()), "event"), max(outside.counts) * outside.width_s
    return f"; {events} outside the time asked for, the last about {iso(last)}"


def message(problem: Problem) -> str:
    """How often, where, what, and why."""
    group, signature = problem.group, problem.signature
    times = f"{counted(group.count, 'time')}{where(group)}"
    if signature is None:
        return f"{times}: {error_words(group)}"
    if signature.shape:
        said = f" The last error: {_first_line(group.message)}" if group.message else f" {signature.cause}"
        later = " It recovered: a later start succeeded." if problem.recovered else ""
        return f"{times}: {signature.summary}.{said}{later}"
    reason = f" Probably because: {problem.causes[0].text}." if problem.causes else f" Usual cause: {signature.cause}"
    return f"{times}: {signature.summary}.{reason}"


def error_words(group: Group) -> str:
    """The class, its driver's where that is inside it, and the message of an error nobody knows."""
    said = _first_line(group.message)
    if not group.exception:
        # What varies is out where several were seen: they are told by what they have in common.
        return group.key[5] if group.count > 1 else said or "an error"
    driver = group.key[5] if group.culprit is not None else ""
    return f"{driver or group.exception}: {said}" if said else driver or group.exception


def _first_line(text: str) -> str:
    return text.partition("\n")[0][:LONGEST_MESSAGE]


def where(group: Group) -> str:
    """` at app/pay.py:20 in charge`, ` on GET /orders`, or nothing where the log does not say."""
    if group.culprit is not None:
        function = f" in {group.culprit.function}" if group.culprit.function else ""
        return f" at {group.culprit.file}:{group.culprit.line}{function}"
    if group.endpoint:
        return f" under {group.endpoint}"
    unsure = f" ({UNSURE})" if group.unsure else ""
    return (f" on {group.route}" if group.routes else "") + unsure


def named(problem: Problem) -> str:
    """The problem's id, for a sentence."""
    return problem.group.signature or problem.group.exception or "an error"


def counted_lines(summary: Summary) -> str:
    """How many lines were read, or about how many."""
    return ("about " if summary.about else "") + counted(summary.told_lines, "line")
