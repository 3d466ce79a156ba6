"""What a finding of the log triage rests on, fact by fact, and where it might be seen otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forge_doctor.finding import Evidence, Related
from forge_doctor.logs.problems.group import Group
from forge_doctor.logs.problems.problem import Problem, group_reason, listed, sources
from forge_doctor.logs.problems.telling.wording import UNSURE, named, where
from forge_doctor.streams.times.clock import iso

QUIET_S = 600.0
"""So much of the log has to be without a problem before it is called new."""
# A process that writes a server's log is no worker of the application.
PROCESSES = {"postgresql": "backends", "pgbouncer": "pooler's processes"}
SERVERS = {"postgresql": "PostgreSQL", "pgbouncer": "pgbouncer"}


def evidence_of(
    problem: Problem, following: Sequence[Problem], began: float | None, *, example: bool
) -> Iterator[Evidence]:
    """Everything that is known of the problem; `began` is when the log begins."""
    group, signature = problem.group, problem.signature
    yield from _seen(group)
    if began is not None and group.first is not None and group.first - began >= QUIET_S:
        quiet = f"nothing like it in the {_span(group.first - began)} of log before"
        yield Evidence(label="new since", value=iso(group.first), source=quiet)
    yield from _place(group)
    if problem.only_debug:
        why = "the program may have dealt with it: nothing is seen to fail with it"
        yield Evidence(label="logged at", value="DEBUG", source=why)
    yield from _harm(problem)
    for label, names in ((PROCESSES.get(group.origin, "workers"), group.workers), ("names", group.details)):
        if names and (group.exception or group.signature):
            yield Evidence(label=label, value=listed(names))
    yield from _of_servers(problem)
    for label, numbers in sorted(group.numbers.items()):
        yield Evidence(label=label, value=listed([f"{number:g}" for number in sorted(numbers)]))
    yield Evidence(label="grouped by", value=group_reason(group))
    for text in problem.after:
        yield Evidence(label="after", value=text)
    if following:
        led = [f"{named(one)}{where(one.group)}" for one in following]
        yield Evidence(label="probably led to", value=listed(led, 3))
    if signature is not None and signature.tells:
        yield Evidence(label="note:", value=signature.tells)
    if example:
        yield Evidence(label="example", value=group.example)


def _of_servers(problem: Problem) -> Iterator[Evidence]:
    """What servers' logs say of it."""
    for copy in problem.copies:
        unit = f"time{'s' * (copy.count != 1)} in the log of {SERVERS[copy.origin]}"
        yield Evidence(label="also told", value=copy.count, unit=unit, source=", ".join(sources(copy)))
    statements = problem.group.statements.union(*(copy.statements for copy in problem.copies))
    if statements:
        yield Evidence(label="statements", value=listed(statements, 2), source="the server's log, without values")


def _harm(problem: Problem) -> Iterator[Evidence]:
    """What came of it: starts that ended, requests that failed."""
    routes = problem.group.routes
    if problem.ended:
        unit = f"start{'s' * (problem.ended != 1)} of the service"
        yield Evidence(label="ended", value=problem.ended, unit=unit)
    if routes:
        yield Evidence(label="failed requests", value=listed([f"{name} {n:,}" for name, n in _by_count(routes)]))


def _seen(group: Group) -> Iterator[Evidence]:
    """How often, where and when."""
    unit = "events" if group.count != 1 else "event"
    yield Evidence(label="count", value=group.count, unit=unit, source=", ".join(sources(group)))
    if group.first is None or group.last is None:
        return
    if group.first == group.last:
        yield Evidence(label="at", value=iso(group.first))
    else:
        yield Evidence(label="first", value=iso(group.first))
        yield Evidence(label="last", value=iso(group.last))


def _place(group: Group) -> Iterator[Evidence]:
    if group.culprit is not None:
        told = ": ".join(part for part in (group.culprit.function, group.culprit.code) if part)
        if told:
            yield Evidence(label="culprit", value=told, source="innermost user frame")
    elif group.endpoint:
        yield Evidence(label="endpoint", value=group.endpoint, source="named after the message")
    elif group.unsure:
        of = "" if group.unsure == group.count else f" in {group.unsure:,} of them"
        yield Evidence(label="culprit", value=None, source=f"{UNSURE}{of}")
    elif group.exception or group.signature:
        yield Evidence(label="culprit", value=None, source="the log shows no user frame")


def _by_count(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _span(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min" if hours else f"{minutes} min"


def related_to(problem: Problem) -> tuple[Related, ...]:
    """Other causes, and what else could find the fault: neither was run here."""
    signature = problem.signature
    if signature is None:
        return ()
    rules = [Related(message="lint can find this in the source", check=rule) for rule in signature.rules]
    checks = [Related(message="pool can show this while it happens", check=check) for check in signature.checks]
    causes = [Related(message=f"probably because: {one.text}", check=one.signature) for one in problem.causes[1:3]]
    return (*causes, *rules, *checks)
