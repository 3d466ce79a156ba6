"""What the engine knows of containers beyond their list: environment, log, networks; executes nothing in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from forge_doctor.dataclass import dataclass, field
from forge_doctor.probes.docker.containers import PROJECT, SERVICE
from forge_doctor.probes.docker.engine import docker_client
from forge_doctor.redaction.held import hold_environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """A running container. `variables` are those it was made with, never shown; `names` what other containers of its
    networks call it, by network; `addresses` its own, by network; `command` what it runs."""

    id: str
    name: str
    project: str = ""
    service: str = ""
    pid: int = 0
    log_driver: str = ""
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """`shop-api-1 (service api of project shop)`."""
        compose = f" (service {self.service} of project {self.project})" if self.service else ""
        return f"{self.name}{compose}"


def inspect_running(wanted: Collection[str] | None = None) -> tuple[Inspected, ...]:
    """The running containers, or those of them with these ids; raises `CannotInspect` where no engine answers."""
    import docker.errors

    found = []
    with docker_client("") as client:
        for entry in client.api.containers():
            if wanted is None or entry["Id"] in wanted:
                try:
                    found.append(inspected(client.api.inspect_container(entry["Id"])))
                except docker.errors.NotFound:  # it ended meanwhile
                    continue
    return tuple(found)


def inspected(details: Mapping[str, Any]) -> Inspected:
    """What the engine says of one container."""
    config = details.get("Config") or {}
    labels = config.get("Labels") or {}
    networks: Mapping[str, Any] = (details.get("NetworkSettings") or {}).get("Networks") or {}
    variables = dict(entry.partition("=")[::2] for entry in config.get("Env") or () if "=" in entry)
    hold_environment(variables)
    name = details["Name"].removeprefix("/")
    own = {name, config.get("Hostname") or "", details["Id"][:12], labels.get(SERVICE, "")} - {""}
    return Inspected(
        id=details["Id"],
        name=name,
        project=labels.get(PROJECT, ""),
        service=labels.get(SERVICE, ""),
        pid=(details.get("State") or {}).get("Pid") or 0,
        log_driver=((details.get("HostConfig") or {}).get("LogConfig") or {}).get("Type", ""),
        variables=variables,
        names={key: frozenset({*own, *(one.get("Aliases") or ())}) for key, one in networks.items()},
        addresses={key: one["IPAddress"] for key, one in networks.items() if one.get("IPAddress")},
    )


def address_of(name: str, asker: Inspected, others: Collection[Inspected]) -> str:
    """The address of what a container calls `name`, on a network both are in; empty where none is called that."""
    for network in asker.names:
        for other in others:
            if name in other.names.get(network, ()) and network in other.addresses:
                return other.addresses[network]
    return ""
