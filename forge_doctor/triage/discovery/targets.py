"""Which of the applications that run here a user's words mean; a word that means none is refused by name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from forge_doctor.check import nearest
from forge_doctor.errors import UsageProblem
from forge_doctor.probes.application.runtime import read_runtime
from forge_doctor.probes.deployment.control_group import ControlGroup, read_control_group
from forge_doctor.probes.docker.inspection import Inspected
from forge_doctor.probes.processes.identity import read_identity
from forge_doctor.probes.processes.network.sockets import holdings, read_namespace
from forge_doctor.probes.processes.server_tree import find_servers
from forge_doctor.probes.processes.table import Environment, ProcessTable
from forge_doctor.triage.discovery.asked import Asked
from forge_doctor.triage.discovery.processes import Running
from forge_doctor.triage.facts import Worker


def chosen(
    running: Sequence[Running], asked: Asked, containers: Sequence[Inspected], table: ProcessTable
) -> tuple[Running, ...]:
    """Those that are meant, all where no word says which; raises `UsageProblem` for a word that means none."""
    found: dict[int, Running] = {}
    for pid in asked.pids:
        found.update({id(one): one for one in (_with_pid(pid, running, table),)})
    for name in asked.containers:
        found.update({id(one): one for one in _in_container(name, running, containers)})
    for word in asked.targets:
        meant = [one for one in running if means(word, one, containers)]
        if not meant:
            raise UsageProblem(f"{word}: no application that runs here is called so{_hint(word, running, containers)}")
        found.update({id(one): one for one in meant})
    if asked.pids or asked.containers or asked.targets:
        return tuple(found.values())
    return tuple(running) if asked.recorded is None else tuple(_of_record(running, asked))


def _of_record(running: Sequence[Running], asked: Asked) -> Iterator[Running]:
    """What may still be what was recorded, and has its source and its logs: by name, all where the record has none and
    no source is named."""
    for one in running:
        if one.name in (asked.recorded or ()) or not (asked.recorded or asked.source):
            yield one


def means(word: str, one: Running, containers: Sequence[Inspected]) -> bool:
    """Whether a word is one of the names of an application, a pid of it, or a port it listens on (`:8000`)."""
    if word.removeprefix(":").isdigit():
        number = int(word.removeprefix(":"))
        return (not word.startswith(":") and number in {each.pid for each in one.workers}) or number in _ports(one)
    return word.rstrip("/") in set(_names(one, containers))


def _names(one: Running, containers: Sequence[Inspected]) -> Iterator[str]:
    yield from (one.name, one.name.partition(":")[0], one.name.partition(".")[0])
    if one.runtime is not None:
        yield from (one.runtime.directory, os.path.basename(one.runtime.directory))  # noqa: PTH119 - of another file system
    if one.group.unit:
        yield from (one.group.unit, one.group.unit.removesuffix(".service"))
    for each in containers:
        if each.id == one.group.container:
            yield from (each.name, each.id, each.id[:12])
            yield from (name for name in (each.service, each.project) if name)


def _ports(one: Running) -> frozenset[int]:
    ports = set()
    for worker in one.workers:
        space = read_namespace(worker.pid, "", own=False)
        ports |= {each.local.port for each in holdings([worker.pid], space).held.get(worker.pid, ()) if each.listening}
    return frozenset(ports)


def _hint(word: str, running: Sequence[Running], containers: Sequence[Inspected]) -> str:
    known = {name for one in running for name in _names(one, containers) if not name.startswith("/")}
    return nearest(word, known) if known else "; none was recognised at all"


def _with_pid(pid: int, running: Sequence[Running], table: ProcessTable) -> Running:
    """The application a process belongs to; a process nobody takes for a server is an application of its own."""
    for one in running:
        if pid in {worker.pid for worker in one.workers}:
            return one
    row = table.rows.get(pid)
    if row is None:
        raise UsageProblem(f"--pid {pid}: no such process")
    identity = read_identity(pid)
    runtime = read_runtime(pid, row.parent_pid)
    folder = os.path.basename(runtime.directory) if runtime else ""  # noqa: PTH119 - of another file system
    worker = Worker(
        pid=pid,
        parent_pid=row.parent_pid,
        server=row.program.server or row.program.name,
        user=identity.user,
        container=identity.container_id[:12],
        container_pid=identity.container_pid,
        age_s=row.age_s,
    )
    return Running(
        name=row.program.application or folder or row.program.name,
        server=worker.server,
        workers=(worker,),
        runtime=runtime,
        group=read_control_group(pid),
        user=identity.user,
    )


def _in_container(name: str, running: Sequence[Running], containers: Sequence[Inspected]) -> Iterator[Running]:
    """What runs in the containers a name means; where their processes are not this machine's, what the engine tells."""
    from forge_doctor.probes.docker.containers import find_containers, read_container_processes

    named = find_containers([name])
    ids = {one.id for one in named}
    here = [one for one in running if one.group.container in ids]
    yield from here
    left = [one for one in named if one.id not in {each.group.container for each in here}]
    for each in read_container_processes(left) if left else ():
        counts = Environment(counts=each.counts)
        members = find_servers(each.table, lambda _, counts=counts: counts)  # type: ignore[misc]
        workers = tuple(
            Worker(
                pid=member.row.pid,
                parent_pid=member.row.parent_pid,
                role=member.role.value,
                server=member.server,
                application=member.application,
                container=each.container.name,
            )
            for member in members.values()
        )
        names = [member.application for member in members.values() if member.application]
        found = next((one for one in containers if one.id == each.container.id), None)
        yield Running(
            name=names[0] if names else each.container.service or each.container.name,
            server=workers[0].server if workers else "",
            workers=workers,
            group=ControlGroup(container=each.container.id),
            user=f"of container {found.name if found else each.container.name}",
        )
