"""Containers by name, id, compose name or label, and their processes, through the Docker SDK; executes nothing in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from forge_doctor.check import nearest
from forge_doctor.dataclass import dataclass, field
from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.probes.docker.engine import docker_client
from forge_doctor.probes.processes.command_line import is_title
from forge_doctor.probes.processes.table import COUNT_VARIABLES, ProcessTable, build_table

PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"
OPTION = "--container"


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container as the engine lists it. `status` is the engine's own phrase (`Up 3 minutes`)."""

    id: str
    name: str
    running: bool = True
    status: str = ""
    project: str = ""
    service: str = ""
    addresses: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerProcesses:
    """The processes of a running container.

    `table` has the engine's view, by the pids of the engine's host. `local` are those of them that
    are this machine's own processes, so that their sockets can be read; none where the engine is
    elsewhere. `counts` are the worker counts its environment sets.
    """

    container: Container
    table: ProcessTable
    local: frozenset[int] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)


def find_containers(names: Sequence[str], *, running: bool = True, option: str = OPTION) -> tuple[Container, ...]:
    """The containers that `names` mean: a name, id or its beginning, compose service or project, `label=value`.

    Stopped ones are refused unless `running` is False. Raises `UsageProblem` for a name that means
    none or, as the beginning of an id, several; `CannotInspect` where no engine answers. `option`
    is what the user gave the names with, for the messages; none where a name may also be a file's.
    """
    with docker_client(f"{option}: " if option else f"{', '.join(names)}: no such file, and ") as client:
        known = tuple(_container(entry) for entry in client.api.containers(all=True))
    found = {container.id: container for name in names for container in _meant(name, known, running, option)}
    return tuple(found.values())


def read_container_processes(containers: Sequence[Container]) -> tuple[ContainerProcesses, ...]:
    """What runs in each container now, and the worker counts set in its environment."""
    with docker_client() as client:
        return tuple(_processes(client, container) for container in containers)


def _container(entry: Mapping[str, Any]) -> Container:
    labels = entry.get("Labels") or {}
    networks = ((entry.get("NetworkSettings") or {}).get("Networks") or {}).values()
    addresses = [network.get(key) for network in networks for key in ("IPAddress", "GlobalIPv6Address")]
    return Container(
        id=entry["Id"],
        name=(entry.get("Names") or [entry["Id"][:12]])[0].lstrip("/"),
        running=entry.get("State") in ("running", "paused"),
        status=entry.get("Status") or entry.get("State") or "",
        project=labels.get(PROJECT, ""),
        service=labels.get(SERVICE, ""),
        addresses=tuple(address for address in addresses if address),
        labels=labels,
    )


def _meant(name: str, known: Sequence[Container], running: bool, option: str) -> tuple[Container, ...]:
    asked = f"{option} {name}".strip()
    meant = matching(name, known, asked)
    if not meant:
        names = {value for each in known for value in (each.name, each.project, each.service) if value}
        hint = nearest(name, names) if names else "; the engine has no containers"
        kinds = "container, compose service, project or label" if option else "file or container"
        raise UsageProblem(f"{asked}: no such {kinds}{hint}")
    if not running:
        return meant
    alive = tuple(container for container in meant if container.running)
    if not alive:
        states = ", ".join(f"{container.name}: {container.status}" for container in meant)
        raise CannotInspect(f"{asked}: is not running ({states})")
    return alive


def matching(name: str, known: Sequence[Container], asked: str) -> tuple[Container, ...]:
    """Those meant by the first meaning that fits; a container's own name before its project's.

    The beginning of an id may be as short as Docker has it, but is the last meaning: `db` is first a service.
    """
    key, _, value = name.partition("=")
    meanings: tuple[Callable[[Container], bool], ...] = (
        lambda each: each.name == name or each.id == name,
        lambda each: each.service == name,
        lambda each: each.project == name,
        lambda each: each.labels.get(key) == value if "=" in name else name in each.labels,
    )
    for meaning in meanings:
        if found := tuple(each for each in known if meaning(each)):
            return found
    begun = tuple(each for each in known if name and each.id.startswith(name))
    if len(begun) > 1:
        raise UsageProblem(f"{asked}: begins the ids of {len(begun)} containers; give more of it")
    return begun


def _processes(client: Any, container: Container) -> ContainerProcesses:
    from docker.errors import APIError, NotFound

    try:
        listed = client.api.top(container.id, ps_args="-eo pid,ppid,args")
        environment = (client.api.inspect_container(container.id).get("Config") or {}).get("Env") or ()
    except NotFound as error:
        raise CannotInspect(f"--container {container.name}: was removed while it was read") from error
    except APIError as error:
        raise CannotInspect(
            f"--container {container.name}: its processes cannot be listed: {error.explanation}"
        ) from error
    table = build_table(_top_rows(listed), from_proc=False)
    local = frozenset(pid for pid in table.rows if container.id in _cgroup(pid))
    return ContainerProcesses(container=container, table=table, local=local, counts=_counts(environment))


def _top_rows(listed: Mapping[str, Any]) -> Iterator[tuple[int, int, tuple[str, ...], float | None]]:
    # Podman hands on the lines of ps as they are: one title and one cell, with all of them in it.
    titles = " ".join(listed["Titles"]).upper().split()
    pid, parent, command = titles.index("PID"), titles.index("PPID"), len(titles) - 1
    for cells in listed["Processes"] or ():
        row = cells[0].split(None, command) if len(cells) == 1 else cells
        line = row[command]
        yield int(row[pid]), int(row[parent]), _words(line), None


def _words(line: str) -> tuple[str, ...]:
    """ps joins a command line with spaces: what one word was is known only of titles and multiprocessing's code."""
    if is_title(line):
        return (line,)
    command, code, rest = line.partition(" -c from multiprocessing.")
    return (*command.split(), *(("-c", f"from multiprocessing.{rest}") if code else ()))


def _cgroup(pid: int) -> str:
    """A process's control groups, whose path holds its container's id; empty where it is not ours."""
    try:
        return Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return ""


def _counts(environment: Sequence[str]) -> Mapping[str, int]:
    pairs = (entry.partition("=") for entry in environment)
    return {
        key: int(value) for key, _, value in pairs if key in COUNT_VARIABLES and value.isascii() and value.isdigit()
    }
