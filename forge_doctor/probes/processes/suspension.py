"""Whether a process is kept from running: stopped by a signal, held by a debugger, frozen with its control group; Linux only."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from forge_doctor.probes.processes.workers import Suspended, Suspension

CONTROL_GROUPS = Path("/sys/fs/cgroup")
STATES: Mapping[str, Suspended] = {"T": Suspended.STOPPED, "t": Suspended.TRACED}
# A profiler that reads a stack holds the process for some milliseconds.
SECOND_LOOK_S = 0.15


def read_suspension(pid: int, status: Mapping[str, str], groups: str) -> Suspension | None:
    """Of its /proc/PID/status by name, and its /proc/PID/cgroup: what was found twice, None where it may run."""
    first = _suspension(status, groups)
    if first is None or first.how is Suspended.FROZEN:
        return first
    time.sleep(SECOND_LOOK_S)
    try:
        again = read_status(pid)
    except OSError:
        return None
    return _suspension(again, groups)


def read_status(pid: int) -> dict[str, str]:
    """The lines of /proc/PID/status by their names; raises `OSError` where the process has ended."""
    text = Path(f"/proc/{pid}/status").read_text(errors="replace")
    return {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}


def _suspension(status: Mapping[str, str], groups: str) -> Suspension | None:
    how = STATES.get(status.get("State", "")[:1])
    if how is Suspended.TRACED:
        return Suspension(how=how, tracer_pid=int(status.get("TracerPid") or 0))
    if how is not None:
        return Suspension(how=how)
    frozen = next((found for found in map(frozen_group, _groups(groups)) if found), "")
    return Suspension(how=Suspended.FROZEN, group=frozen) if frozen else None


def _groups(groups: str, root: Path = CONTROL_GROUPS) -> Iterator[Path]:
    """Where a freezer of the process may lie, of version 1 or 2 (mounted alone, or beside version 1)."""
    for line in groups.splitlines():
        _, _, named = line.partition(":")
        controllers, _, path = named.partition(":")
        if ".." in path.split("/"):  # a group outside of the namespace we see
            continue
        if "freezer" in controllers.split(","):
            yield root / "freezer" / path.strip("/")
        elif not controllers:
            yield from (root / path.strip("/"), root / "unified" / path.strip("/"))


def frozen_group(folder: Path) -> str:
    """The group that was frozen: the folder's own, or the nearest above it where that holds it; empty where none is."""
    if not _is_frozen(folder):
        return ""
    own = (one for one in (folder, *folder.parents) if _word(one / "cgroup.freeze", "freezer.self_freezing") == "1")
    return str(next(own, folder))


def _is_frozen(folder: Path) -> bool:
    return "frozen 1" in _word(folder / "cgroup.events").splitlines() or _word(folder / "freezer.state") == "FROZEN"


def _word(path: Path, *beside: str) -> str:
    for one in (path, *(path.with_name(name) for name in beside)):
        try:
            return one.read_text(errors="replace").strip()
        except OSError:
            continue
    return ""
