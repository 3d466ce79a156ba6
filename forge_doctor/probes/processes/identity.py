"""Who a process is beyond its pid: its user, its pid inside a container and that container's id; Linux only."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

CONTAINER_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`container_id` is empty and `container_pid` None for a process of our own container or host."""

    user: str = ""
    container_id: str = ""
    container_pid: int | None = None


def read_identity(pid: int) -> Identity:
    """What /proc says, which any user may read; nothing where the process has ended or there is no /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError:
        return Identity()
    lines = dict(line.partition(":")[::2] for line in status.splitlines())
    pids = lines.get("NSpid", "").split()
    container = container_id(pid)
    return Identity(
        user=user_name(int(lines["Uid"].split()[1])),  # the effective user: what it may do
        container_id="" if container == container_id("self") else container,
        container_pid=int(pids[-1]) if len(pids) > 1 else None,
    )


def container_id(pid: int | str) -> str:
    """The id docker, containerd or podman put into the path of its control group."""
    try:
        match = CONTAINER_ID.search(Path(f"/proc/{pid}/cgroup").read_text())
    except OSError:
        return ""
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
