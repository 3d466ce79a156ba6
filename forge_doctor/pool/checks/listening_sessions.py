"""Connections that only LISTEN take slots.

Why:
    A LISTEN needs a connection of its own for as long as it listens. One for each WebSocket or event stream
    grows with the number of users, and each takes a slot although it never runs a statement.

Measures (sessions):
    Sessions idle outside any transaction whose last statement is LISTEN: `sessions` or more, as one
    application. Warning from `used_ratio` of the usable slots on.

Wrong when:
    A pool whose connections have all run LISTEN once is counted: the last statement must be LISTEN, so that a
    connection used for anything since does not count.

Source:
    PostgreSQL documentation, LISTEN.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import is_listener
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_sessions
from forge_doctor.pool.wording import held_by, pids
from forge_doctor.probes.postgres.backends.session import Session


@check(severity=Severity.INFO, limits={"sessions": 5, "used_ratio": 0.2})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each role and application_name."""
    yield from unseen_sessions(situation)
    groups: defaultdict[tuple[str, str], list[Session]] = defaultdict(list)
    for session in situation.sessions:
        if is_listener(session):
            groups[session.user, session.application_name].append(session)
    slots = situation.usable.slots if situation.usable else 0
    for _, sessions in sorted(groups.items()):
        if len(sessions) >= limits["sessions"]:
            yield _finding(situation, tuple(sessions), large=len(sessions) >= limits["used_ratio"] * slots)


def _finding(situation: Situation, sessions: tuple[Session, ...], *, large: bool) -> Finding:
    slots = situation.usable.slots if situation.usable else 0
    holders = held_by(situation.holder_of(one) for one in sessions)
    return Finding(
        severity=Severity.WARNING if large else Severity.INFO,
        confidence=Confidence.HIGH,
        message=f"{len(sessions)} of {slots} usable slots are taken by sessions that only LISTEN ({holders}): they run nothing and "
        "keep their connections for as long as they listen.",
        location=situation.location(sessions[0]),
        evidence=(
            Evidence(label="listening", value=len(sessions), unit="sessions", source=f"pids {pids(sessions)}"),
            *situation.about(sessions[0]),
        ),
        remedy="One connection that listens in each process, and hands what arrives to its clients.",
        sessions=tuple(one.pid for one in sessions),
    )
