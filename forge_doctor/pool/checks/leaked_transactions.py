"""Sessions are begun and never ended: the same statement, ages that only grow.

Why:
    Code that makes a session and neither closes nor commits it takes one connection each time it
    runs, until the pool or the server has none left.

Measures (s):
    At least `sessions` sessions idle in transaction whose last statement is the same and which have
    been idle for `idle_s` or longer. Sure from `sure_s` on, where several looks (--duration) saw the same
    transactions stay open, or where their worker has no request in flight that could end them; else it
    may be slow code.

Wrong when:
    Open requests hold them: streams, slow calls, a pool that waits for itself. Where the worker's requests in flight
    can be counted, those that came before a session began to idle may hold it (a later one waits for a
    connection itself): where they account for all, nothing is said here (see held-by-requests), where for fewer, only
    the rest is called leaked. Background tasks and a queue worker's are no requests and cannot be
    counted: sessions that began at one moment are not called leaked for sure, and of a script not at all
    before `sure_s`. Where the source shows that every line
    that may have sent the statement ends its session (`with`, `finally`, a dependency), slow code holds them, and
    slow-code-in-transaction tells of it. Or WebSockets hold them that were all pinged a moment ago and look like
    connections kept alive: where as many of those are open, of sessions that began within seconds, it is of medium confidence.

Source:
    Seen with SQLAlchemy 2.1.9 and asyncpg 0.32: a session from async_sessionmaker() that is never
    closed stays in "idle in transaction" after its first statement.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.dataclass import dataclass
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.circumstances import is_ended, left_by
from forge_doctor.pool.inference.holders import unit_of_work
from forge_doctor.pool.inference.repeated_statements import same_statement
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.inference.workloads import workloads
from forge_doctor.pool.visibility import unseen_sessions
from forge_doctor.pool.wording import count, duration, held_by, pids
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.postgres.backends.signals import idle_for, terminate, unchanged
from forge_doctor.probes.processes.workers import Role

# Younger than this apart they began at one moment, and not one after another.
ONE_MOMENT_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Sessions after one statement; `requests` in flight where they are held that came before they began to idle, None
    where that cannot be counted."""

    sessions: tuple[Session, ...]
    requests: int | None

    @property
    def leaked(self) -> int:
        """How many no open request accounts for."""
        return len(self.sessions) - (self.requests or 0)


@check(severity=Severity.ERROR, limits={"sessions": 3, "idle_s": 10, "sure_s": 120})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each statement that leaves sessions behind."""
    yield from unseen_sessions(situation)
    requests = _requests(situation)
    for group in same_statement(situation):
        old = tuple(session for session in group if (session.state_age_s or 0) >= limits["idle_s"])
        told = Group(sessions=old, requests=_in_flight(old, requests))
        enough = len(old) >= limits["sessions"] and told.leaked >= limits["sessions"]
        if enough and not is_ended(situation, old) and not _of_one_script(situation, told, limits):
            yield _finding(situation, told, limits)


def _of_one_script(situation: Situation, group: Group, limits: Limits) -> bool:
    """Whether they began together, and lately, in a client that is no worker: a script that holds three connections is
    not one that loses them. `idle-in-transaction` tells of it."""
    ages = [one.state_age_s or 0 for one in group.sessions]
    owners = [situation.process_of(one) for one in group.sessions]
    script = all(one is not None and one.role is not Role.WORKER for one in owners) and group.requests is None
    return script and max(ages) < limits["sure_s"] and max(ages) - min(ages) < ONE_MOMENT_S


def _requests(situation: Situation) -> dict[int, tuple[int, int | None]]:
    """By pid of each session idle in transaction: its worker (or pooler), and how many of its sessions the requests in flight
    there came early enough to hold."""
    return {
        session.pid: (load.holder.process.pid if load.holder.process else 0, load.may_hold)
        for load in workloads(situation)
        for session in load.idle
    }


def _in_flight(sessions: tuple[Session, ...], requests: dict[int, tuple[int, int | None]]) -> int | None:
    """Of the workers that hold these sessions, each counted once; None where one cannot be counted."""
    workers = dict(requests.get(one.pid, (0, None)) for one in sessions)
    counted = [number for number in workers.values() if number is not None]
    return sum(counted) if len(counted) == len(workers) else None


def _finding(situation: Situation, group: Group, limits: Limits) -> Finding:
    sessions = group.sessions
    ages = sorted(session.state_age_s or 0 for session in sessions)
    oldest = max(sessions, key=lambda session: session.state_age_s or 0)
    looks = situation.snapshot.looks
    stayed = len(set(looks.persisting) & {session.pid for session in sessions}) if looks else 0
    spread = ages[-1] - ages[0] >= ONE_MOMENT_S
    pinged = situation.may_be_pinged(sessions)
    nobody = group.requests == 0 and spread and not pinged
    sure = (ages[-1] >= limits["sure_s"] or (stayed >= limits["sessions"] and spread)) and group.requests in (None, 0)
    sure = sure and not pinged
    holders = held_by(situation.holder_of(session) for session in sessions)
    left = left_by(situation, sessions)
    there = f" in {left.function} ({left.file}:{left.line})" if left else ""
    seen = (
        (
            Evidence(
                label="stayed open", value=stayed, unit="sessions", source=f"several looks in {looks.window_s:.0f} s"
            ),
        )
        if looks
        else ()
    )
    return Finding(
        severity=Severity.CRITICAL if sure or nobody else Severity.ERROR,
        confidence=Confidence.HIGH if sure or nobody else Confidence.MEDIUM,
        message=f"{len(sessions)} sessions look leaked: all ran the same last statement, then went idle in transaction"
        f"{_when(ages)} ({holders}). Code begins a session{there or ' there'} and never ends it.{_doubt(group, sure or nobody, pinged)}",
        location=situation.location(oldest),
        evidence=(
            Evidence(
                label="same last statement", value=len(sessions), unit="sessions", source=f"pids {pids(sessions)}"
            ),
            Evidence(label="youngest", value=round(ages[0], 1), unit="s", source="now - state_change"),
            Evidence(label="oldest", value=round(ages[-1], 1), unit="s", source="now - state_change"),
            *_requests_evidence(group),
            *seen,
            *situation.about(oldest),
        ),
        remedy=f"{unit_of_work(situation.process_of(oldest))}   # in the code that runs it; a background task needs one of its own\n"
        + terminate(
            (one.pid for one in sessions),
            idle_for(limits["idle_s"] if sure or nobody else limits["sure_s"]),
            *unchanged(situation.seen_at),
        ),
        sessions=tuple(one.pid for one in sessions),
    )


def _when(ages: list[float]) -> str:
    """`one after another` only where they did not begin together."""
    if ages[-1] - ages[0] < ONE_MOMENT_S:
        return f" at one moment, {duration(ages[-1])} ago"
    return f" one after another, {duration(ages[0])} to {duration(ages[-1])} ago"


def _doubt(group: Group, sure: bool, pinged: bool) -> str:
    if pinged:
        return (
            " Or WebSockets hold them: as many connections are open as sessions, on which somebody spoke within the last "
            "seconds, as a ping does. Look again in ten seconds."
        )
    if group.requests == 0 and not sure:
        return (
            " No request is in flight that came before them: either nobody will end them, or background tasks of that process "
            "hold them while they wait for something else."
        )
    if group.requests == 0:
        return " No request is in flight that came before them and could end them."
    if group.requests:
        return (
            f" {count(group.requests, 'request')} in flight came before them and may hold as many: "
            f"at least {group.leaked} have nobody to end them."
        )
    return (
        ""
        if sure
        else " If they end within the next half minute it is slow code instead: look again with --duration 30."
    )


def _requests_evidence(group: Group) -> Iterator[Evidence]:
    if group.requests is not None:
        yield Evidence(
            label="requests that may hold them",
            value=group.requests,
            unit="requests",
            source="accepted sockets of the workers",
        )
