"""The lines of code behind a session: what its worker wrote down, and where its task or thread stands, what its
last statement can have been sent by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from forge_doctor.finding import Confidence, Evidence
from forge_doctor.pool.inference.stack_lines import standing
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.pool.wording import duration
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.processes.poolers import POOLERS
from forge_doctor.probes.processes.workers import CodeLine, HeldConnection, Process
from forge_doctor.report import Table

WRITTEN = "written down by its process (forge_doctor.holders): confirmed"
MOST_ROWS = 12


def written_down(session: Session, process: Process | None, snapshot: PoolSnapshot) -> HeldConnection | None:
    """What the process that holds it wrote down of this connection; through a pgbouncer, the one that it serves now."""
    if process is not None and process.name in POOLERS:
        return _through_pooler(session, snapshot)
    owners = (process,) if process is not None else snapshot.processes or ()
    for owner in owners:
        for one in owner.held or ():
            by_port = process is not None and one.local_port > 0 and one.local_port == session.client_port
            by_socket = one.local_port == 0 and session.client_port == -1
            if by_port or (by_socket and one.backend_pid == session.pid):
                return one
    return None


def _through_pooler(session: Session, snapshot: PoolSnapshot) -> HeldConnection | None:
    """By the worker's end, which pgbouncer names beside the backend it is linked with."""
    links = snapshot.bouncer.links if snapshot.bouncer else ()
    ends = {one.client for one in links if one.backend_pid == session.pid}
    for worker in snapshot.processes or ():
        ports = {socket.local.port for socket in worker.pooler_sockets if socket.local in ends}
        for one in worker.held or ():
            if one.local_port in ports and one.held_s is not None:
                return one
    return None


def line_facts(session: Session, process: Process | None, snapshot: PoolSnapshot) -> Iterator[Evidence]:
    """Evidence for a finding about this session."""
    held = written_down(session, process, snapshot)
    if held is not None and held.lines:
        label = "taken at" if held.held_s is not None else "last taken at"
        age = "" if held.held_s is None else f", {duration(held.held_s)} ago"
        yield Evidence(label=label, value=f"{stack_text(held.lines)}{age}", source=WRITTEN)
    known = held is not None and bool(held.lines) and held.held_s is not None
    for each in standing(session, process, snapshot):
        sure = each.confidence is Confidence.HIGH
        if sure or not known:
            label = "held at" if sure else "may be held at"
            source = f"stacks of pid {process.pid if process else ''}, {each.confidence.label} confidence: {each.why}"
            yield Evidence(label=label, value=stack_text(each.lines), source=source)
    if known:
        return  # what could be guessed beside what is known only distracts; the JSON has both
    for one in snapshot.statement_lines:
        if one.pid == session.pid:
            source = f"statement to source, {one.confidence.label} confidence: {one.why}"
            yield Evidence(label="may be sent at", value=f"{one.file}:{one.line} {one.function}", source=source)


def lines_object(session: Session, process: Process | None, snapshot: PoolSnapshot) -> list[Mapping[str, Any]]:
    """The same for the JSON: `how` is `written down`, `task`, `thread` or `statement`."""
    held = written_down(session, process, snapshot)
    found: list[Mapping[str, Any]] = [
        {
            "file": one.file,
            "line": one.line,
            "function": one.function,
            "how": "written down",
            "confidence": "high",
            "held_s": held.held_s if held else None,
        }
        for one in (held.lines if held else ())
    ]
    found += [
        {
            "file": each.lines[0].file,
            "line": each.lines[0].line,
            "function": each.lines[0].function,
            "how": each.kind,
            "confidence": each.confidence.label,
            "why": each.why,
        }
        for each in standing(session, process, snapshot)
    ]
    found += [
        {
            "file": one.file,
            "line": one.line,
            "function": one.function,
            "how": "statement",
            "confidence": one.confidence.label,
            "why": one.why,
        }
        for one in snapshot.statement_lines
        if one.pid == session.pid
    ]
    return found


def held_table(snapshot: PoolSnapshot) -> Table | None:
    """Which lines hold connections now, through a pooler as well; None where no process writes it down."""
    groups: defaultdict[tuple[int, str], list[float]] = defaultdict(list)
    for process in snapshot.processes or ():
        for one in process.held or ():
            if one.held_s is not None:
                groups[process.pid, stack_text(one.lines)].append(one.held_s)
    if not groups:
        return None
    ranked = sorted(groups.items(), key=lambda each: (-len(each[1]), -max(each[1]), each[0]))
    rows = tuple((line, len(ages), duration(max(ages)), f"pid {pid}") for (pid, line), ages in ranked[:MOST_ROWS])
    rest = sum(len(ages) for _, ages in ranked[MOST_ROWS:])
    return Table(
        title="Lines that hold connections",
        columns=("line", "held", "longest", "worker"),
        rows=rows,
        note=f"and {len(ranked) - MOST_ROWS} more lines with {rest}" if rest else "",
    )


def stack_text(lines: Iterable[CodeLine]) -> str:
    """`receipts.py:27 send_receipt, called at api.py:45 place_order`."""
    return ", called at ".join(map(_place, lines)) or "no line of the application on the stack"


def _place(one: CodeLine) -> str:
    return f"{one.file}:{one.line} {one.function}".rstrip()
