"""Where an application and its server write their logs, from their descriptors, containers and units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import CannotInspect
from forge_doctor.probes.deployment.control_group import ControlGroup, read_control_group
from forge_doctor.probes.deployment.journal import journal_of, kubernetes_log
from forge_doctor.probes.deployment.outputs import Output, Outputs, Way, read_outputs, readers_of, written_by
from forge_doctor.probes.deployment.server_logs import Postmaster, find_postmasters, log_of, resolved
from forge_doctor.probes.docker.inspection import Inspected
from forge_doctor.probes.postgres.target import Target
from forge_doctor.probes.processes.network.sockets import read_namespace
from forge_doctor.probes.processes.table import ProcessTable
from forge_doctor.triage.discovery.processes import Running
from forge_doctor.triage.facts import APPLICATION, SERVER, LogSource

MOST_FILES = 6
ANYWHERE = ("0.0.0.0", "::", "*")  # noqa: S104 - compared only


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The logs, and in words why some, or all, were not to be had."""

    logs: tuple[LogSource, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is needed to find a log: the processes, the containers the engine told of, how far back the journal is
    wanted, and a folder for what is only to be had through a program."""

    table: ProcessTable
    containers: Sequence[Inspected]
    since_s: float
    folder: Path


def application_logs(running: Running, around: Surroundings) -> Found:
    """The logs of an application: what its processes write to, else their container's, else their unit's."""
    looked = [(pid, read_outputs(pid)) for pid in running.readable]
    logs: dict[str, LogSource] = {}
    missing: list[str] = []
    # What reads a container's pipe is its engine, whose log has the same lines.
    piped = not any(one.id == running.group.container for one in around.containers)
    for pid, outputs in looked:
        for log in _of_files(pid, outputs, around, piped=piped):
            logs.setdefault(log.word, log)
    # A container or unit has everything that its processes say, where that goes into a pipe.
    if (
        any(one.way in (Way.PIPE, Way.SOCKET) for _, outputs in looked for one in outputs.standard)
        or not looked
        or not any(outputs.readable for _, outputs in looked)
    ):
        found = _of_group(running.group, APPLICATION, around, denied=looked[0][0] if looked else 0, user=running.user)
        for log in found.logs:
            logs.setdefault(log.word, log)
        missing += found.missing if not logs else ()
    if not logs and not missing:
        missing.append(_nowhere(looked))
    return Found(logs=tuple(logs.values())[:MOST_FILES], missing=tuple(missing))


def _of_files(pid: int, outputs: Outputs, around: Surroundings, *, piped: bool) -> Iterator[LogSource]:
    for one in outputs.standard:
        name = "standard output" if one.descriptor == 1 else "standard error"
        if one.way is Way.FILE:
            yield _log(one, f"{name} of pid {pid}")
        elif one.way is Way.PIPE and piped:
            yield from _piped(one, f"{name} of pid {pid}", pid, around)
    for one in outputs.files:
        yield _log(one, f"a file pid {pid} appends to (descriptor {one.descriptor})")


def _piped(one: Output, name: str, pid: int, around: Surroundings) -> Iterator[LogSource]:
    """What reads the pipe may write it to a file: `| tee app.log`, `| rotatelogs`."""
    for reader in readers_of(one.inode, (other for other in around.table.rows if other != pid)):
        files = written_by(reader)
        if len(files) <= MOST_FILES:
            who = around.table.rows[reader].program.name or "pid"
            yield from (_log(file, f"{name}, which {who} (pid {reader}) writes to a file") for file in files)


def _log(one: Output, source: str) -> LogSource:
    path = one.path if one.path == one.seen or not one.seen else f"{one.path} ({one.seen})"
    return LogSource(word=one.path, kind=APPLICATION, source=f"{source}: {path}")


def _of_group(group: ControlGroup, kind: str, around: Surroundings, *, denied: int, user: str) -> Found:
    """The log of a container or a unit."""
    if group.container:
        return _of_container(group, kind, around)
    if group.unit:
        try:
            path = journal_of(group.unit, of_user=group.of_user, since_s=around.since_s, folder=around.folder)
        except CannotInspect as problem:
            return Found(missing=(str(problem),))
        return Found(logs=(LogSource(word=str(path), kind=kind, source=f"the journal of {group.unit}"),))
    if denied and not read_outputs(denied).readable:
        return Found(missing=(f"where pid {denied} writes cannot be read: Permission denied (it is user {user}'s)",))
    return Found()


def _of_container(group: ControlGroup, kind: str, around: Surroundings) -> Found:
    known = next((one for one in around.containers if one.id == group.container), None)
    if known is not None:
        return Found(logs=(LogSource(word=known.id, kind=kind, source=f"the log of container {known.name}"),))
    path = kubernetes_log(group.container)
    if path is not None:
        return Found(
            logs=(LogSource(word=str(path), kind=kind, source=f"the kubelet's file for container {path.stem}"),)
        )
    short = group.container[:12]
    return Found(missing=(f"the log of container {short} is its engine's, which told nothing of it",))


def _nowhere(looked: Sequence[tuple[int, Outputs]]) -> str:
    for pid, outputs in looked:
        for one in outputs.standard:
            if one.way is Way.TERMINAL:
                return f"pid {pid} writes to a terminal ({one.seen}), which keeps nothing"
            if one.way is Way.NOWHERE:
                return f"pid {pid} writes to {one.seen or 'a closed descriptor'}, which keeps nothing"
            if one.way in (Way.PIPE, Way.SOCKET):
                return f"pid {pid} writes into a {one.way.value}, and what reads it keeps no file that was found"
    return "no process of it may be looked into"


def server_logs(target: Target, around: Surroundings) -> Found:
    """The log of the server itself, where it runs on this machine."""
    servers = find_postmasters(around.table)
    chosen = [one for one in servers if _serves(one, target)]
    if not chosen:
        hidden = [str(one.pid) for one in servers if one.port is None]
        if hidden:
            return Found(
                missing=(f"the port of PostgreSQL's pid {', '.join(hidden)} cannot be read: Permission denied",)
            )
        return Found(missing=(f"no PostgreSQL of {target.hosts[0].label} runs on this machine",))
    logs: list[LogSource] = []
    missing: list[str] = []
    for server in chosen[:1]:
        for one in log_of(server):
            if one.way is Way.FILE:
                how = f"the collector of pid {server.pid}" if server.logger else f"standard error of pid {server.pid}"
                logs.append(LogSource(word=one.path, kind=SERVER, source=f"{how}: {one.path}"))
        if not logs:
            found = _of_group(read_control_group(server.pid), SERVER, around, denied=server.pid, user="postgres")
            logs += found.logs
            missing += found.missing or ([] if logs else [f"pid {server.pid} writes its log to no file that was found"])
    return Found(logs=tuple(logs), missing=tuple(missing))


def _serves(server: Postmaster, target: Target) -> bool:
    """Whether the target's address is this server's: by its port, its socket's folder, its network's addresses."""
    for host in target.hosts:
        if server.port != host.port:
            continue
        if host.is_socket:
            if server.socket_folder in ("", host.name):
                return True
            continue
        names = resolved(host.name)
        if not names.isdisjoint(_addresses(server.pid)):
            return True
    return False


def _addresses(pid: int) -> frozenset[str]:
    own = read_namespace(pid, "", own=True).addresses
    return own if _shares_network(pid) else own - {"127.0.0.1", "::1"}


def _shares_network(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink()
    except OSError:
        return True
