"""The environment a process was started with, and the `.env` files beside it; shows none of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from forge_doctor.redaction.held import hold_environment

LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*=\s*(.*?)\s*")
LARGEST = 1 << 20
LARGEST_HEAP = 32 << 20
ENTRY = re.compile(r"[A-Za-z_]\w*=")
# A string of its own, as strdup() leaves it: what is in front of it is a length whose highest bytes are 0.
KEPT = re.compile(rb"(?<=\0)([A-Za-z_][A-Za-z0-9_]{1,80})=([^\0]{1,4000})(?=\0)")


def read_variables(pid: int) -> Mapping[str, str] | None:
    """What it was started with; None where we may not read it. What it set itself later is not in there.

    Its secrets are masked from now on in everything we write.
    """
    try:
        text = Path(f"/proc/{pid}/environ").read_text(errors="surrogateescape")
    except OSError:
        return None
    found = dict(entry.partition("=")[::2] for entry in text.split("\0") if ENTRY.match(entry))
    if not found:
        found = _kept_elsewhere(pid)
    hold_environment(found)
    return found


def _kept_elsewhere(pid: int) -> dict[str, str]:
    """The copy a process keeps on its heap that has written a title over the place of its environment (setproctitle,
    with which gunicorn names its processes). It is read as the kernel shows it; the process is not stopped."""
    try:
        with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps:  # noqa: PTH123
            heap = next((line.split()[0] for line in maps if line.rstrip().endswith("[heap]")), "")
        if not heap:
            return {}
        start, end = (int(part, 16) for part in heap.split("-"))
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123
            memory.seek(start)
            data = memory.read(min(end - start, LARGEST_HEAP))
    except OSError:
        return {}
    entries = ((name.decode(), value.decode(errors="surrogateescape")) for name, value in KEPT.findall(data))
    found: dict[str, str] = {}
    for name, value in entries:
        found.setdefault(name, value)
    return found


def read_env_file(path: Path) -> Mapping[str, str]:
    """The variables of a `.env` file, as python-dotenv reads its plain lines; none where there is none."""
    try:
        if path.stat().st_size > LARGEST:
            return {}
        text = path.read_text(errors="replace")
    except OSError:
        return {}
    found = {}
    for line in text.splitlines():
        match = LINE.fullmatch(line)
        if match:
            found[match[1]] = _value(match[2])
    hold_environment(found)
    return found


def _value(written: str) -> str:
    """Without its quotes; a comment ends one that has none."""
    if written[:1] in ("'", '"') and written.find(written[0], 1) > 0:
        return written[1 : written.find(written[0], 1)]
    return re.split(r"\s#", written, maxsplit=1)[0].strip()
