"""Where a path of a process lies for us: its own mounts against ours; nothing is mounted or entered."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from forge_doctor.dataclass import dataclass

OCTAL = re.compile(r"\\([0-7]{3})")
# File systems that exist only inside of what mounts them: no path of ours leads there.
LAYERED = frozenset({"overlay", "aufs", "fuse-overlayfs", "fuse.fuse-overlayfs", "tmpfs", "proc", "sysfs", "devpts"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A line of mountinfo: `root` is the folder of the file system `device` that is seen at `point`."""

    device: str
    root: str
    point: str
    kind: str


def parse_mounts(text: str) -> tuple[Mount, ...]:
    """The mounts, those that hide others last."""
    return tuple(_mounts(text))


def _mounts(text: str) -> Iterator[Mount]:
    for line in text.splitlines():
        words, _, rest = line.partition(" - ")
        fields = words.split()
        if len(fields) >= 5 and rest:
            yield Mount(device=fields[2], root=_plain(fields[3]), point=_plain(fields[4]), kind=rest.partition(" ")[0])


def _plain(written: str) -> str:
    return OCTAL.sub(lambda one: chr(int(one[1], 8)), written)


def host_path(path: str, theirs: Sequence[Mount], ours: Sequence[Mount]) -> str:
    """The path by which we reach what a process calls `path`; empty where no mount of ours leads there."""
    mount = _around(path, [(one.point, one) for one in theirs])
    if mount is None or mount.kind in LAYERED:
        return ""
    inside = _joined(mount.root, path[len(mount.point.rstrip("/")) :])
    same = [(one.root, one) for one in ours if one.device == mount.device]
    above = _around(inside, same)
    return "" if above is None else _joined(above.point, inside[len(above.root.rstrip("/")) :])


def _around(path: str, places: Sequence[tuple[str, Mount]]) -> Mount | None:
    """The mount nearest above the path, of two at one place the later."""
    fitting = [(len(place), at, one) for at, (place, one) in enumerate(places) if _is_below(path, place)]
    return max(fitting, key=lambda one: one[:2])[2] if fitting else None


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _joined(folder: str, rest: str) -> str:
    return (folder.rstrip("/") + "/" + rest.strip("/")).rstrip("/") or "/"


def seen_from_here(pid: int, path: str) -> str:
    """A path of the process as we can open it: itself, by a mount of ours, or through its root."""
    if not path.startswith("/") or _same_root(pid):
        return path
    ours = host_path(path, _read_mounts(pid), _read_mounts("self"))
    return ours if ours and _same_file(ours, f"/proc/{pid}/root{path}") else f"/proc/{pid}/root{path}"


def _same_root(pid: int) -> bool:
    try:
        return os.path.samefile(f"/proc/{pid}/root", "/") and _read_link(pid) == _read_link("self")  # noqa: PTH121
    except OSError:
        return True


def _read_link(pid: int | str) -> str:
    """The mount namespace: processes of one root may still see different mounts."""
    return os.readlink(f"/proc/{pid}/ns/mnt")  # noqa: PTH115 - a link of /proc


def _read_mounts(pid: int | str) -> tuple[Mount, ...]:
    try:
        return parse_mounts(Path(f"/proc/{pid}/mountinfo").read_text(errors="replace"))
    except OSError:
        return ()


def _same_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)  # noqa: PTH121 - paths through /proc
    except OSError:
        return False
