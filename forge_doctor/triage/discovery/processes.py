"""Which applications run here and by which processes: the process table, sorted by what is one application."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from forge_doctor.dataclass import dataclass, field
from forge_doctor.probes.application.runtime import Runtime, read_runtime
from forge_doctor.probes.deployment.control_group import ControlGroup, read_control_group
from forge_doctor.probes.deployment.database_variables import database_variables
from forge_doctor.probes.deployment.variables import read_variables
from forge_doctor.probes.processes.command_line import Kind
from forge_doctor.probes.processes.identity import read_identity
from forge_doctor.probes.processes.libraries import read_libraries
from forge_doctor.probes.processes.network.sockets import holdings, read_namespace
from forge_doctor.probes.processes.server_tree import Member, find_servers
from forge_doctor.probes.processes.table import ProcessTable, TableRow, read_environment
from forge_doctor.probes.processes.workers import Role
from forge_doctor.triage.facts import Worker

DRIVERS = frozenset({"asyncpg", "psycopg", "psycopg2"})
# Programs that work through a queue with the same models, and hold sessions as a web worker does.
JOBS = frozenset({"arq", "celery", "dramatiq", "huey_consumer", "procrastinate", "rq", "rqworker", "taskiq"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One application: its processes, where they run, and how the first of them that may be read was started.

    `runtime` is None where we may read none of them: `user` then says whose they are.
    """

    name: str
    server: str
    workers: tuple[Worker, ...]
    runtime: Runtime | None = None
    group: ControlGroup = field(default_factory=ControlGroup)
    user: str = ""

    @property
    def readable(self) -> Iterator[int]:
        """Its processes, workers first: they have what the application has."""
        yield from (one.pid for one in sorted(self.workers, key=lambda one: (one.role != Role.WORKER.value, one.pid)))


def find_running(table: ProcessTable) -> tuple[Running, ...]:
    """Every application of this machine, those of most workers first."""
    servers = dict(find_servers(table, read_environment))
    servers |= _self_serving(table, servers)
    families: defaultdict[int, list[Member]] = defaultdict(list)
    for member in servers.values():
        families[member.family].append(member)
    grouped: defaultdict[tuple[str, ...], list[Running]] = defaultdict(list)
    for head, members in sorted(families.items()):
        if os.getpid() not in {one.row.pid for one in members}:
            running = _running(head, members)
            grouped[_key(running)].append(running)
    found = (_joined(parts) for parts in grouped.values())
    return tuple(sorted(found, key=lambda one: (-len(one.workers), one.name)))


def _key(running: Running) -> tuple[str, ...]:
    """What is the same for two generations of one application, and different for two applications, or for one that
    serves two databases."""
    place = running.runtime.directory if running.runtime else ""
    variables = (read_variables(pid) for pid in running.readable)
    first = next((found for found in variables if found is not None), {})
    databases = (one.text for one in database_variables(first))
    return (running.name, place, running.group.container, running.group.unit, *databases)


def _joined(parts: Iterable[Running]) -> Running:
    first, *others = parts
    workers = (*first.workers, *(worker for one in others for worker in one.workers))
    return Running(
        name=first.name, server=first.server, workers=workers, runtime=first.runtime, group=first.group, user=first.user
    )


def _running(head: int, members: Iterable[Member]) -> Running:
    ordered = sorted(members, key=lambda one: (one.row.pid != head, one.row.pid))
    first = ordered[0]
    # A worker that multiprocessing spawned has nothing of its own on its command line: its parent's says it all.
    runtimes = (read_runtime(one.row.pid, one.row.parent_pid) for one in reversed(ordered))
    runtime = next((one for one in runtimes if one is not None), None)
    workers = tuple(_worker(one) for one in ordered)
    folder = os.path.basename(runtime.directory) if runtime else ""  # noqa: PTH119 - a string from another file system
    return Running(
        name=first.application
        or next((one.application for one in ordered if one.application), "")
        or folder
        or first.name,
        server=first.server,
        workers=workers,
        runtime=runtime,
        group=read_control_group(first.row.pid),
        user=workers[0].user,
    )


def _worker(member: Member) -> Worker:
    identity = read_identity(member.row.pid)
    return Worker(
        pid=member.row.pid,
        parent_pid=member.row.parent_pid,
        role=member.role.value,
        server=member.server,
        application=member.application,
        user=identity.user,
        container=identity.container_id[:12],
        container_pid=identity.container_pid,
        age_s=member.row.age_s,
    )


def _self_serving(table: ProcessTable, known: Mapping[int, Member]) -> dict[int, Member]:
    """Python programs with a driver of PostgreSQL that listen (`uvicorn.run()` in main.py), and those of job queues."""
    found: dict[int, Member] = {}
    for row in table.rows.values():
        parent = table.rows.get(row.parent_pid)
        is_child = row.program.kind is Kind.SPAWNED or row.same_as_parent
        head = parent if is_child and parent is not None and parent.pid not in known else row
        job = head.program.name.split()[0] if head.program.name else ""
        may_be = head.program.kind is Kind.PYTHON or job in JOBS
        if row.pid in known or row.pid == os.getpid() or not may_be or not _has_driver(row.pid):
            continue
        if job in JOBS or _listens(row.pid):
            family = head if head is row or head.program.name == row.program.name or is_child else row
            found[row.pid] = _member(row, Role.WORKER, family)
            if family is not row and family.pid not in found:
                found[family.pid] = _member(family, Role.MASTER, family)
    return found


def _has_driver(pid: int) -> bool:
    return not DRIVERS.isdisjoint(read_libraries(pid) or ())


def _listens(pid: int) -> bool:
    space = read_namespace(pid, "", own=False)
    return any(socket.listening for socket in holdings([pid], space).held.get(pid, ()))


def _member(row: TableRow, role: Role, head: TableRow) -> Member:
    program = head.program
    server = program.name if program.kind is Kind.OTHER else "python"
    return Member(
        row=row, role=role, family=head.pid, name=program.name, server=server, application=program.application
    )
