"""In which time zone a process writes times that name none: its TZ, else its system's; asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo


def offset_s(pid: int, variables: Mapping[str, str]) -> float:
    """Seconds ahead of UTC now; 0 where that is not told."""
    zone = _named(variables.get("TZ", "").lstrip(":")) or _of_system(Path(f"/proc/{pid}/root/etc/localtime"))
    shift = datetime.now(UTC).astimezone(zone).utcoffset() if zone is not None else None
    return shift.total_seconds() if shift is not None else 0.0


def _named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # a rule of POSIX, or no zone of this system
        return None


def _of_system(path: Path) -> ZoneInfo | None:
    try:
        with path.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (ValueError, OSError):
        return None
