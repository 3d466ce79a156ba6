"""The server lets nobody in, and the application's own notes say which line holds its connections.

Why:
    When no slot is left the sessions cannot be asked for. What each process wrote down of its pools
    (`forge_doctor.holders`) is read without the server: the line that took most of what is held is where to look.

Measures (connections, s):
    At least `connections` that one line took and did not give back for `held_s` seconds, while the server gave us no
    session.

Wrong when:
    Open requests hold them and will give them back. Looked at: the requests in flight of the process; where there are as
    many, the finding is told at medium confidence.

Source:
    The page of memory that `forge_doctor.holders` keeps in the process; sockets of the process.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import CodeContext, Confidence, Evidence, Finding, Location, NotRun, Severity
from forge_doctor.pool.inference.holders import process_name
from forge_doctor.pool.inference.requests import open_requests
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.inference.source_lines import WRITTEN, stack_text
from forge_doctor.pool.wording import count, duration
from forge_doctor.probes.postgres.backends.signals import idle_for, terminate
from forge_doctor.probes.processes.workers import CodeLine, HeldConnection, Process

Held = list[tuple[Process, HeldConnection]]


@check(severity=Severity.ERROR, limits={"connections": 3, "held_s": 10})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each line that holds so many, the largest first."""
    if situation.server is not None:
        return
    groups: defaultdict[CodeLine, Held] = defaultdict(list)
    for process in situation.snapshot.processes or ():
        for one in process.held or ():
            if one.lines and one.held_s is not None and one.held_s >= limits["held_s"]:
                groups[one.lines[0]].append((process, one))
    ranked = sorted(groups.items(), key=lambda each: (-len(each[1]), each[0].file, each[0].line))
    yield from (_finding(line, held, limits["held_s"]) for line, held in ranked if len(held) >= limits["connections"])


def _finding(line: CodeLine, held: Held, held_s: float) -> Finding:
    ages = sorted(one.held_s or 0.0 for _, one in held)
    processes = {process.pid: process for process, _ in held}
    requests = sum(open_requests(process) for process in processes.values())
    left = max(0, len(held) - requests)
    doubt = f", of which {left} have no request that could give them back" if requests and left else ""
    doubt = doubt or ("; no request is in flight that could give them back" if not requests else "")
    return Finding(
        severity=Severity.ERROR,
        confidence=Confidence.HIGH if left else Confidence.MEDIUM,
        message=f"{count(len(held), 'connection')} taken at {stack_text(held[0][1].lines)} were not given back for "
        f"{duration(ages[0])} to {duration(ages[-1])}{doubt}.",
        location=Location(target=line.file, line=line.line),
        evidence=(
            Evidence(label="held", value=len(held), unit="connections", source=WRITTEN),
            Evidence(label="requests in flight", value=requests, unit="requests", source="accepted sockets"),
            *(
                Evidence(
                    label=process_name(process), value=sum(owner is process for owner, _ in held), unit="connections"
                )
                for process in processes.values()
            ),
        ),
        remedy=_remedy(held, held_s),
        sessions=tuple(sorted(one.backend_pid for _, one in held)),
        code=CodeContext(function=line.function),
    )


def _remedy(held: Held, held_s: float) -> str:
    """The sessions by their numbers, unless a pooler gave those: then they may be anybody's."""
    change = "Close the session in that line with `async with`; a background task needs one of its own."
    if any(process.pooler_sockets for process, _ in held):
        return change
    superuser = "psql -U postgres   # a superuser still has superuser_reserved_connections; then, at its prompt:"
    return "\n".join((superuser, terminate(sorted(one.backend_pid for _, one in held), idle_for(held_s)), change))
