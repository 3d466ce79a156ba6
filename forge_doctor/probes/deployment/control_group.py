"""Which container or systemd unit a process runs in, by the paths of its control groups; asks no engine."""

from __future__ import annotations

import re
from pathlib import Path

from forge_doctor.dataclass import dataclass

CONTAINER = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
# An engine mounts the container's own hostname and hosts from a folder that has its id; outside of it, mounts lie below
# that folder themselves, and say nothing of who sees them.
CONTAINER_MOUNT = re.compile(
    r"^\S+ \S+ \S+ \S*/(?:containers|overlay-containers|sandboxes)/([0-9a-f]{64})/\S* "
    r"/etc/(?:hostname|hosts|resolv\.conf) ",
    re.MULTILINE,
)
ESCAPED = re.compile(r"\\x([0-9a-f]{2})")
# What systemd starts for a person or an engine: none of them is an application's own unit.
NO_UNITS = re.compile(
    r"(user@\d+|user-runtime-dir@.*|containerd|docker|crio|podman|kubelet|dbus(-broker)?|init)\.service"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlGroup:
    """`container` is the engine's id of 64 digits; `unit` a systemd service (`shop.service`), of a person's own manager
    where `of_user`; `pod` says that Kubernetes made the container."""

    container: str = ""
    unit: str = ""
    of_user: bool = False
    pod: bool = False


def parse_control_group(cgroup: str, mountinfo: str = "") -> ControlGroup:
    """From the texts of /proc/PID/cgroup and mountinfo, of version 1 or 2 of the control groups.

    In a cgroup namespace of its own a container sees `0::/`: then its mounts name it.
    """
    paths = [line.split(":", 2)[2] for line in cgroup.splitlines() if line.count(":") >= 2]
    found = CONTAINER.findall("\n".join(paths)) or CONTAINER_MOUNT.findall(mountinfo)
    if found:
        return ControlGroup(container=found[-1], pod="kubepods" in cgroup)
    for path in paths:
        units = [part for part in path.split("/") if part.endswith(".service")]
        if units and not NO_UNITS.fullmatch(units[-1]):
            name = ESCAPED.sub(lambda one: chr(int(one[1], 16)), units[-1])
            return ControlGroup(unit=name, of_user="/user.slice/" in path)
    return ControlGroup()


def read_control_group(pid: int) -> ControlGroup:
    """What /proc tells of the process; nothing where it has ended. Our own container is none to anybody in it."""
    group = _read(pid)
    return ControlGroup() if group.container and group.container == _read("self").container else group


def _read(pid: int | str) -> ControlGroup:
    try:
        cgroup = Path(f"/proc/{pid}/cgroup").read_text(errors="replace")
    except OSError:
        return ControlGroup()
    found = parse_control_group(cgroup)
    if found.container or found.unit:
        return found
    try:
        return parse_control_group(cgroup, Path(f"/proc/{pid}/mountinfo").read_text(errors="replace"))
    except OSError:
        return found
