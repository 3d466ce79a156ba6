"""A process that holds connections is kept from running: stopped, frozen, or held by a debugger.

Why:
    It answers nobody, and what it holds stays held: transactions with their locks, connections of its pool, requests
    that it has accepted. From the database it looks like a leak, from outside like a blocked event loop.

Measures (processes):
    Processes with connections to this server, or workers of its application, which are stopped by a signal (SIGSTOP, Ctrl-Z in
    a shell), held by a debugger, or frozen with their control group (docker pause, systemctl freeze). Error for a worker
    and for whoever has a transaction open, else a warning.

Wrong when:
    A profiler stops it for a moment to read its stack. Looked at: a process that was found stopped is looked at once
    more. Of a debugger it is not known how long it stays: medium confidence.

Source:
    proc_pid_status(5), State and TracerPid; kernel documentation, "Control Group v2" (cgroup.freeze, cgroup.events) and
    "Cgroup Freezer" (freezer.state); seen with docker pause.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import Holder
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.remedies import resume_process
from forge_doctor.pool.visibility import unseen_workers
from forge_doctor.pool.wording import count, duration, pids
from forge_doctor.probes.processes.workers import Process, Suspended, Suspension


@check(severity=Severity.ERROR)
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each process."""
    yield from unseen_workers(situation)
    for holder in situation.holders:
        process = holder.process
        if process is not None and process.suspension is not None and (holder.is_worker or holder.connections):
            yield _finding(situation, holder, process, process.suspension)


def _finding(situation: Situation, holder: Holder, process: Process, suspension: Suspension) -> Finding:
    kept = holder.idle_in_transaction
    first = max(holder.sessions, key=lambda one: one.xact_age_s or 0, default=None)
    return Finding(
        severity=Severity.ERROR if holder.is_worker or kept else Severity.WARNING,
        confidence=Confidence.MEDIUM if suspension.how is Suspended.TRACED else Confidence.HIGH,
        message=f"{holder.name} is {_how(suspension)} and does nothing until it goes on: it holds "
        f"{count(holder.connections, 'connection')}{_kept(len(kept))}"
        f"{_requests(process)}. Not a leak, and no blocked event loop.",
        location=situation.location(first) if first is not None else situation.here,
        evidence=(
            Evidence(label="state", value=suspension.how.value, source=_source(process.pid, suspension)),
            Evidence(
                label="held", value=holder.connections, unit="connections", source=f"pids {pids(holder.sessions)}"
            ),
            *(
                (
                    Evidence(
                        label="last changed its state",
                        value=duration(min(one.state_age_s or 0 for one in holder.sessions)) + " ago",
                        source="now - state_change, the youngest of its sessions",
                    ),
                )
                if holder.sessions
                else ()
            ),
            *(situation.about(first) if first is not None else ()),
        ),
        remedy="\n".join(resume_process(process.pid, suspension, situation.snapshot.taken_at)),
        sessions=tuple(one.pid for one in holder.sessions),
    )


def _how(suspension: Suspension) -> str:
    if suspension.how is Suspended.STOPPED:
        return "stopped by a signal (SIGSTOP, or Ctrl-Z in its shell)"
    if suspension.how is Suspended.TRACED:
        return "held by a debugger" + (f" (pid {suspension.tracer_pid})" if suspension.tracer_pid else "")
    return "frozen with its control group (docker pause, systemctl freeze)"


def _kept(number: int) -> str:
    return f", {number} of them with a transaction open, whose locks nothing releases" if number else ""


def _requests(process: Process) -> str:
    waiting = process.requests_in_flight if process.requests_exact else 0
    return f", and {count(waiting, 'request waits', 'requests wait')} for its answer" if waiting else ""


def _source(pid: int, suspension: Suspension) -> str:
    return f"its own state, {suspension.group or f'/proc/{pid}/status'}"
