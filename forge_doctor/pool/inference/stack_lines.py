"""In which line a process stands that is blocked or holds a session, from its stacks; says how sure that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from forge_doctor.dataclass import dataclass
from forge_doctor.finding import Confidence
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.probes.application.call_stacks import ProcessStacks, SuspendedTask, ThreadStack, Waiting
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.processes.workers import CodeLine, Process

MOST_PLACES = 3
# Of the lines of one stack: the innermost, and who called it.
DEPTH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the task or thread stands that holds a session, innermost line first; `why` in words."""

    lines: tuple[CodeLine, ...]
    kind: str  # task, thread
    confidence: Confidence
    why: str


def stacks_of(process: Process | None, snapshot: PoolSnapshot) -> ProcessStacks | None:
    """What was read of this process; None where nobody asked."""
    return next((one for one in snapshot.stacks if process is not None and one.pid == process.pid), None)


def main_thread(process: Process, snapshot: PoolSnapshot) -> ThreadStack | None:
    """Its first thread, in which an event loop runs; None where it was not read."""
    stacks = stacks_of(process, snapshot)
    return next((one for one in stacks.threads if one.main), None) if stacks else None


def standing(session: Session, process: Process | None, snapshot: PoolSnapshot) -> tuple[Standing, ...]:
    """The tasks or threads that may hold this session, the likeliest first; those of its own kind of waiting alone."""
    stacks = stacks_of(process, snapshot)
    if process is None or stacks is None or stacks.why_not or not _holds(session):
        return ()
    sessions = [one for one in _sessions_of(process, snapshot) if _holds(one)]
    kind, units = _units(session, stacks)
    if not units:
        return tuple(_waiting_for_the_pool(stacks))
    agreeing = [lines for lines in units if _agrees(session, lines, snapshot)]
    if agreeing:
        alike = sum(one.statement == session.statement for one in sessions)
        return tuple(_agreed(kind, agreeing, alike))
    return tuple(_counted(kind, units, len(sessions)))


def _agreed(kind: str, units: Sequence[tuple[CodeLine, ...]], sessions: int) -> Iterator[Standing]:
    places = _places(units)
    sure = len(places) == 1 and len(units) == sessions
    for lines, _ in places[:MOST_PLACES]:
        why = f"its {kind} is in the function that may have sent the last statement"
        more = "" if sure else f"; so are {len(units)} {kind}s for {sessions} sessions"
        yield Standing(
            lines=lines, kind=kind, confidence=Confidence.HIGH if sure else Confidence.MEDIUM, why=why + more
        )


def _counted(kind: str, units: Sequence[tuple[CodeLine, ...]], sessions: int) -> Iterator[Standing]:
    places = _places(units)
    only = len(places) == 1 and len(units) == sessions
    for lines, number in places[:MOST_PLACES]:
        told = f"the only {kind} of the process" if number == 1 else f"{number} {kind}s of the process"
        why = f"{told} in the application's code, {sessions} such sessions" if only else f"one of {len(units)} {kind}s"
        yield Standing(lines=lines, kind=kind, confidence=Confidence.MEDIUM if only else Confidence.LOW, why=why)


def _waiting_for_the_pool(stacks: ProcessStacks) -> Iterator[Standing]:
    """A request may hold one connection and wait for a second; or have none at all."""
    units = [one.lines for one in stacks.tasks or () if one.waits_for is Waiting.POOL]
    for lines, number in _places(units)[:MOST_PLACES]:
        why = f"{number} of its tasks wait here for a connection of the pool themselves"
        yield Standing(lines=lines, kind="task", confidence=Confidence.LOW, why=why)


def _places(units: Sequence[tuple[CodeLine, ...]]) -> list[tuple[tuple[CodeLine, ...], int]]:
    return Counter(lines[:DEPTH] for lines in units).most_common()


def _units(session: Session, stacks: ProcessStacks) -> tuple[str, list[tuple[CodeLine, ...]]]:
    """What can hold it: a task that waits as its session does; where there are none, a thread."""
    if stacks.tasks:
        return "task", [one.lines for one in stacks.tasks if _fits(session, one)]
    return "thread", [one.lines for one in stacks.threads if one.lines and one.is_own and not one.idle]


def _fits(session: Session, task: SuspendedTask) -> bool:
    """A task that waits for a connection of the pool has none, or another; one in its driver has an active session."""
    return task.waits_for is (Waiting.DATABASE if session.state == "active" else Waiting.OTHER)


def _holds(session: Session) -> bool:
    return session.idle_in_transaction or (session.state == "active" and session.xact_age_s is not None)


def _sessions_of(process: Process, snapshot: PoolSnapshot) -> Iterator[Session]:
    ends = {(socket.local.address, socket.local.port) for socket in process.database_sockets}
    return (one for one in snapshot.sessions if (one.client_addr or "", one.client_port or 0) in ends)


def _agrees(session: Session, lines: Sequence[CodeLine], snapshot: PoolSnapshot) -> bool:
    """Whether a function on the stack may have sent the session's last statement, and stands there or behind it."""
    return any(
        f"/{each.file}".endswith(f"/{one.file}")
        and _name(each.function) == _name(one.function)
        and each.line >= one.line
        for one in snapshot.statement_lines
        if one.pid == session.pid and one.function
        for each in lines
    )


def _name(function: str) -> str:
    return function.rpartition(".")[2]
