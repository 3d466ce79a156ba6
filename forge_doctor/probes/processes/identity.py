"""Who a process is beyond its pid: its user, its pid inside a container and that container's id; Linux only."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from forge_doctor.dataclass import dataclass
from forge_doctor.probes.processes.suspension import read_status, read_suspension
from forge_doctor.probes.processes.workers import Suspension

CONTAINER_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`container_id` is empty and `container_pid` None for a process of our own container or host; `suspension` is
    None where it may run."""

    user: str = ""
    container_id: str = ""
    container_pid: int | None = None
    suspension: Suspension | None = None


def read_identity(pid: int) -> Identity:
    """What /proc says, which any user may read; nothing where the process has ended or there is no /proc."""
    try:
        status = read_status(pid)
    except OSError:
        return Identity()
    pids = status.get("NSpid", "").split()
    groups = _groups(pid)
    container = _id_of(groups)
    return Identity(
        user=user_name(int(status["Uid"].split()[1])),  # the effective user: what it may do
        container_id="" if container == container_id("self") else container,
        container_pid=int(pids[-1]) if len(pids) > 1 else None,
        suspension=read_suspension(pid, status, groups),
    )


def container_id(pid: int | str) -> str:
    """The id docker, containerd or podman put into the path of its control group."""
    return _id_of(_groups(pid))


def _groups(pid: int | str) -> str:
    try:
        return Path(f"/proc/{pid}/cgroup").read_text(errors="replace")
    except OSError:
        return ""


def _id_of(groups: str) -> str:
    match = CONTAINER_ID.search(groups)
    return match[0] if match else ""


@lru_cache(maxsize=256)
def user_name(uid: int) -> str:
    """The account's name, else its number."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def running_as() -> str:
    """The user who looks, as the blind spots name it."""
    return user_name(os.geteuid())
