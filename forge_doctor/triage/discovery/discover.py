"""Finds what there is to look at, step by step, and says after each what it found and where it learned it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from forge_doctor.errors import CannotInspect
from forge_doctor.probes.docker.inspection import Inspected, inspect_running
from forge_doctor.probes.processes.identity import running_as
from forge_doctor.probes.processes.table import read_process_table
from forge_doctor.triage.discovery.application import application_of
from forge_doctor.triage.discovery.asked import Asked
from forge_doctor.triage.discovery.cases import case_of_record, cases_of
from forge_doctor.triage.discovery.logs import Surroundings
from forge_doctor.triage.discovery.processes import Running, find_running
from forge_doctor.triage.discovery.steps import SUDO, Steps, Tell
from forge_doctor.triage.discovery.targets import chosen
from forge_doctor.triage.facts import Discovery


def discover(asked: Asked, folder: Path, tell: Tell) -> Discovery:
    """Everything that can be found; `folder` takes what is only to be had as a file of our own (a journal).

    Raises `UsageProblem` where a target means nothing that runs, or nothing at all is named or runs here.
    """
    steps = Steps(tell)
    table = read_process_table()
    running = find_running(table)
    containers = _containers(running, asked, steps)
    running = chosen(running, asked, containers, table)
    for one in running:
        _say_workers(one, containers, steps)
    if not running:
        steps.say(
            "workers",
            missing="no application server runs here that was recognised",
            remedy="pass --pid N or --container NAME",
        )
    around = Surroundings(table=table, containers=containers, since_s=asked.since_s, folder=folder)
    found = [application_of(one, asked, around, steps) for one in running]
    cases = case_of_record(found, asked, steps) if asked.recorded is not None else cases_of(found, asked, around, steps)
    if not cases:
        raise CannotInspect(_nothing(steps))
    return Discovery(cases=cases, steps=tuple(steps.told))


def _containers(running: Sequence[Running], asked: Asked, steps: Steps) -> tuple[Inspected, ...]:
    """What the engine tells, asked only where something runs in a container, or nothing was found without it."""
    wanted = bool(asked.containers) or any(one.group.container and not one.group.pod for one in running)
    if not wanted:
        return ()
    try:
        return inspect_running()
    except CannotInspect as problem:
        if asked.containers:
            raise
        steps.say("containers", missing=str(problem), remedy=SUDO)
        return ()


def _say_workers(one: Running, containers: Sequence[Inspected], steps: Steps) -> None:
    pids = [str(worker.pid) for worker in one.workers if worker.role == "worker"]
    pids = pids or [str(worker.pid) for worker in one.workers]
    shown = ", ".join(pids[:8]) + (f" and {len(pids) - 8} more" if len(pids) > 8 else "")
    what = f"{len(pids)} {one.server} {'worker' if len(pids) == 1 else 'workers'} of {one.name}: pid {shown}"
    place = next((f"in container {each.shown}" for each in containers if each.id == one.group.container), "")
    place = place or (f"in container {one.group.container[:12]}" if one.group.container else "")
    place = place or (f"of the unit {one.group.unit}" if one.group.unit else "")
    steps.say("workers", found=f"{what} {place}".rstrip(), source="the process table", application=one.name)
    if one.runtime is None:
        reason = f"the processes of {one.name} are user {one.user}'s, and {running_as()} may not look into them: Permission denied"
        steps.say("workers", missing=reason, remedy=SUDO, application=one.name)
        return
    interpreter = one.runtime.interpreter or "the interpreter is not told by its command line"
    told = f"{interpreter}, working directory {one.runtime.directory}"
    steps.say("interpreter", found=told, source=f"/proc/{one.runtime.pid}", application=one.name)


def _nothing(steps: Steps) -> str:
    reasons = "; ".join(step.missing for step in steps.told if step.missing)
    return f"nothing to look at: {reasons or 'no application server runs here'}; pass --dsn URL, --log FILE or --source DIR"
