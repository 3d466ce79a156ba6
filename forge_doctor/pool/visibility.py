"""Says what a check could not see and what lets it; claims nothing about what is hidden."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forge_doctor.finding import Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.inference.source_lines import lines_object
from forge_doctor.pool.inference.stack_lines import stacks_of
from forge_doctor.pool.server.bouncer import REFUSAL
from forge_doctor.pool.wording import count
from forge_doctor.probes.processes.workers import Process
from forge_doctor.sql.quoting import quote_identifier


def unseen_sessions(situation: Situation) -> Iterator[NotRun]:
    """For checks that judge what sessions do."""
    server = situation.server
    if server is None:
        yield NotRun(
            reason="the server gave no connection, so its sessions could not be read",
            remedy="free one connection (see no-slot-left), then run this again",
        )
    elif situation.hidden:
        yield NotRun(
            reason=f"role {server.role} may not see what {len(situation.hidden)} of "
            f"{count(len(situation.sessions), 'session')} do",
            remedy=f"GRANT pg_monitor TO {quote_identifier(server.role)};",
        )


def unseen_server(situation: Situation) -> Iterator[NotRun]:
    """For checks that judge limits, settings and counters."""
    if situation.server is None:
        yield from unseen_sessions(situation)


def unseen_replication(situation: Situation) -> Iterator[NotRun]:
    """For checks that judge replication slots."""
    yield from unseen_server(situation)
    if situation.server is not None and situation.server.replication_unread:
        yield NotRun(reason=f"replication could not be read: {situation.server.replication_unread}")


def unseen_workers(situation: Situation) -> Iterator[NotRun]:
    """For checks that judge worker processes, where this user's rights kept some of them from being read.

    Where there are none on this host such a check does not apply, which is no failure: the headline says that
    the sessions were seen from the database alone.
    """
    for blind_spot in situation.snapshot.blind_spots:
        yield NotRun(reason=blind_spot)


def unseen_bouncer(situation: Situation) -> Iterator[NotRun]:
    """For checks that judge a pgbouncer; nothing where there is none."""
    bouncer = situation.snapshot.bouncer
    if bouncer is not None and bouncer.pools is None and bouncer.why_not:
        refused = REFUSAL in bouncer.why_not
        yield NotRun(
            reason=f"pgbouncer is in between, and its admin console could not be read: {bouncer.why_not}",
            remedy=f"{'list the role in stats_users of pgbouncer.ini, or ' if refused else ''}"
            "pass --bouncer postgresql://stats@host:6432/pgbouncer",
        )


def unread_stacks(situation: Situation, process: Process) -> Iterator[NotRun]:
    """For a finding whose line is told by the stacks of this process, where they were asked for and not to be read."""
    stacks = stacks_of(process, situation.snapshot)
    if stacks is not None and stacks.why_not:
        yield NotRun(reason=f"the line pid {stacks.pid} stands in: {stacks.why_not}", remedy=stacks.remedy)


def unread_lines(situation: Situation, findings: Iterable[Finding]) -> Iterator[NotRun]:
    """For each process that holds sessions a finding names while nothing tells a line of theirs, once for all of a kind."""
    told: set[str] = set()
    for found in findings:
        for session in situation.sessions:
            process = situation.process_of(session)
            stacks = stacks_of(process, situation.snapshot)
            if session.pid not in found.sessions or stacks is None or not stacks.why_not or stacks.why_not in told:
                continue
            if found.severity > Severity.INFO and not lines_object(session, process, situation.snapshot):
                told.add(stacks.why_not)
                reason = f"the line that holds sessions of pid {stacks.pid}: {stacks.why_not}"
                yield NotRun(check=found.check, reason=reason, remedy=stacks.remedy)
