"""Which database an application uses: its own environment by value, its `.env` files, its source, ours last."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.errors import UsageProblem
from forge_doctor.probes.deployment.database_variables import database_variables
from forge_doctor.probes.deployment.variables import read_env_file, read_variables
from forge_doctor.probes.docker.inspection import Inspected, address_of
from forge_doctor.probes.postgres.dsn import resolve_targets, resolve_written
from forge_doctor.probes.postgres.target import Host, Target
from forge_doctor.probes.processes.network.sockets import read_namespace
from forge_doctor.triage.discovery.processes import Running

LOOPBACK = ("localhost", "127.0.0.1", "::1")
ENV_FILES = (".env", ".env.local", ".env.production", "config/.env")
LARGEST_SECRET = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database and where it was named; `is_aside` where its variable's name says it is for tests or migrations."""

    target: Target
    source: str
    is_aside: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """What two names of one database have in common."""
        return (tuple((host.name, host.port) for host in self.target.hosts), self.target.database)


def databases_of(
    running: Running, container: Inspected | None, others: Sequence[Inspected], folders: Sequence[Path]
) -> tuple[tuple[Database, ...], str]:
    """The databases an application's surroundings name, and why there are none. The first place that names any counts."""
    denied = ""
    for variables, source, root in _places(running, container, folders):
        if variables is None:
            denied = denied or source
            continue
        found = tuple(_named(variables, source, root))
        if found:
            return tuple(_reachable(one, running, container, others) for one in _chosen(found)), ""
    return (), denied


def own_database(environ: Mapping[str, str]) -> Database | None:
    """The database our own environment names; None where it names none."""
    try:
        target = resolve_targets((), environ)[0]
    except UsageProblem:
        return None
    return Database(target=target, source=f"our own environment ({target.sources.get('host', 'its variables')})")


def _places(
    running: Running, container: Inspected | None, folders: Sequence[Path]
) -> Iterator[tuple[Mapping[str, str] | None, str, str]]:
    """(variables or None where they may not be read, where they are, what its paths begin with)."""
    unread = ""
    for pid in running.readable:
        variables = read_variables(pid)
        if variables is not None:
            yield variables, f"the environment of pid {pid}", f"/proc/{pid}/root"
            break
        unread = f"the environment of pid {pid} (user {running.user})"
    else:
        yield None, unread, ""
    if container is not None:
        yield container.variables, f"the environment container {container.name} was made with", ""
    for folder in folders:
        for name in ENV_FILES:
            yield read_env_file(folder / name), f"{folder / name}", ""


def _named(variables: Mapping[str, str], source: str, root: str) -> Iterator[Database]:
    for one in database_variables(variables, lambda path: _read_secret(root + path)):
        try:
            target = resolve_written(one.text, one.names[0], variables)
        except UsageProblem:
            continue
        names = ", ".join(one.names)
        yield Database(target=target, source=f"{names} in {source}", is_aside=one.is_aside)


def _read_secret(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - a path through /proc
            return file.read(LARGEST_SECRET)
    except OSError:
        return None


def _chosen(found: Sequence[Database]) -> Iterator[Database]:
    """Each database once, under the first name it has; those for tests or migrations only where there is no other."""
    kept = [one for one in found if not one.is_aside] or found
    yield from {one.key: one for one in reversed(kept)}.values()


def _reachable(found: Database, running: Running, container: Inspected | None, others: Sequence[Inspected]) -> Database:
    """With hosts by the addresses that lead there from here: a container's names mean nothing outside of its network."""
    if not any(_is_elsewhere(pid) for pid in running.readable):
        return found
    hosts = tuple(_host_from_here(host, running, container, others) for host in found.target.hosts)
    if hosts == found.target.hosts:
        return found
    told = ", ".join(
        f"{before.name} is {after.name} from here"
        for before, after in zip(found.target.hosts, hosts, strict=True)
        if before != after
    )
    return replace(found, target=replace(found.target, hosts=hosts), source=f"{found.source}; {told}")


def _host_from_here(host: Host, running: Running, container: Inspected | None, others: Sequence[Inspected]) -> Host:
    if host.is_socket:
        return host
    address = _spoken_to(running, host.port)
    if not address and container is not None and host.name not in LOOPBACK:
        address = address_of(host.name, container, others)
    if not address and container is not None and host.name in LOOPBACK:
        address = next(iter(container.addresses.values()), "")
    return replace(host, name=address) if address else host


def _spoken_to(running: Running, port: int) -> str:
    """The address the application has connections to at that port, as its own sockets say."""
    for pid in running.readable:
        for socket in read_namespace(pid, "", own=False).sockets:
            if not socket.listening and socket.remote.port == port and socket.remote.address not in LOOPBACK:
                return socket.remote.address
    return ""


def _is_elsewhere(pid: int) -> bool:
    """Whether the process has a network of its own."""
    try:
        return os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")  # noqa: PTH115 - links of /proc
    except OSError:
        return False
