"""Numbers and names as people read them; used by every check, so that all speak alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from forge_doctor.probes.postgres.backends.session import Session


def duration(seconds: float | None) -> str:
    """`0.4 s`, `12 s`, `4 min 10 s`, `3 h 5 min`, `2 d 4 h`; `unknown` for None."""
    if seconds is None:
        return "unknown"
    if seconds < 10:
        return f"{seconds:.1f} s"
    for unit, size, smaller, smaller_size in (
        ("d", 86_400, "h", 3_600),
        ("h", 3_600, "min", 60),
        ("min", 60, "s", 1),
    ):
        if seconds >= size:
            whole, rest = divmod(int(seconds), size)
            return f"{whole} {unit}" + (f" {rest // smaller_size} {smaller}" if rest // smaller_size else "")
    return f"{int(seconds)} s"


def size(number: float) -> str:
    """Bytes as `512.0 MiB`, `12.3 GiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} B" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 session`, `4 sessions`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def pids(sessions: Iterable[Session], most: int = 8) -> str:
    """`4711, 4712, 4713`, and how many more."""
    numbers = [str(session.pid) for session in sessions]
    more = f" and {len(numbers) - most} more" if len(numbers) > most else ""
    return ", ".join(numbers[:most]) + more


def held_by(names: Iterable[str], most: int = 3) -> str:
    """`worker pid 1 (…) holds 14, worker pid 2 (…) holds 3`, the largest first."""
    counted = Counter(names).most_common()
    told = [f"{name} holds {number}" for name, number in counted[:most]]
    if len(counted) > most:
        told.append(f"{count(len(counted) - most, 'other holder')} the remaining {sum(n for _, n in counted[most:])}")
    return ", ".join(told)
