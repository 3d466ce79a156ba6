"""Tells master from worker by the process tree, each application server by its own habits; guesses no application."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from forge_doctor.dataclass import dataclass
from forge_doctor.probes.processes.command_line import Kind
from forge_doctor.probes.processes.table import Environment, ProcessTable, TableRow
from forge_doctor.probes.processes.workers import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A process of an application server; `family` is the pid of the process that was started."""

    row: TableRow
    role: Role
    family: int
    name: str
    server: str
    application: str
    workers_flag: int | None = None


def find_servers(table: ProcessTable, environment: Callable[[int], Environment]) -> Mapping[int, Member]:
    """Masters and workers by pid; the environment is asked for only where it decides."""
    children: dict[int, list[TableRow]] = {}
    for row in table.rows.values():
        children.setdefault(row.parent_pid, []).append(row)
    found: dict[int, Member] = {}
    for row in table.rows.values():
        if row.program.server and not _is_forked_worker(row, table):
            head = _member(row, _head_role(row, children.get(row.pid, []), environment), _family(row, table))
            found[row.pid] = head
            if head.role is Role.MASTER:
                found |= _workers(head, children.get(row.pid, []))
    return found


def _head_role(row: TableRow, children: list[TableRow], environment: Callable[[int], Environment]) -> Role:
    program = row.program
    if program.kind is Kind.WORKER:
        return Role.WORKER
    if program.kind is Kind.MASTER or program.server == "gunicorn" or program.supervises:
        return Role.MASTER
    if program.server == "uwsgi":  # whether it has a master may stand in a file
        return Role.MASTER if any(child.same_as_parent for child in children) else Role.WORKER
    if program.server == "hypercorn" or program.workers_flag is not None:
        return Role.WORKER
    variables = environment(row.pid)
    if not variables.readable:  # children made by multiprocessing are then the best sign there is
        return Role.MASTER if any(child.program.kind is Kind.SPAWNED for child in children) else Role.WORKER
    return Role.MASTER if max(variables.counts.values(), default=1) > 1 else Role.WORKER


def _is_forked_worker(row: TableRow, table: ProcessTable) -> bool:
    """A server's child with the server's own command line: gunicorn forks, granian may."""
    parent = table.rows.get(row.parent_pid)
    return parent is not None and row.same_as_parent and row.program.kind is Kind.SERVER


def _family(row: TableRow, table: ProcessTable) -> int:
    parent = table.rows.get(row.parent_pid)
    same = parent is not None and parent.program.server == row.program.server
    return row.parent_pid if same and row.program.kind is Kind.WORKER else row.pid


def _workers(head: Member, children: list[TableRow]) -> dict[int, Member]:
    """The children that run the application and do not say so themselves."""
    running = [child for child in children if child.program.kind is Kind.SPAWNED or _forked(child, head)]
    return {child.pid: _inheriting(child, head) for child in running}


def _forked(child: TableRow, head: Member) -> bool:
    return child.same_as_parent and child.program.kind is Kind.SERVER and head.row.program.kind is Kind.SERVER


def _inheriting(child: TableRow, head: Member) -> Member:
    return Member(
        row=child,
        role=Role.WORKER,
        family=head.family,
        name=head.name,
        server=head.server,
        application=head.application,
    )


def _member(row: TableRow, role: Role, family: int) -> Member:
    program = row.program
    return Member(
        row=row,
        role=role,
        family=family,
        name=program.name,
        server=program.server,
        application=program.application,
        workers_flag=program.workers_flag,
    )
