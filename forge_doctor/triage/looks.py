"""How to look at a case: values; looks at nothing itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from forge_doctor.dataclass import dataclass
from forge_doctor.triage.facts import LogSource, SourceTree

if TYPE_CHECKING:
    from forge_doctor.pool.snapshot import PoolSnapshot

# Of a log so many lines at its end: half an hour of all but the busiest, and read in a second or two.
MOST_LINES = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A look of a flight record: the sessions of then, instead of a look at the server of now."""

    snapshot: PoolSnapshot
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How to look: `now` is seconds since the epoch by our clock; `duration_s` spreads several looks at the server over
    so long; of each log the last `lines` are read."""

    now: float
    since_s: float = 1800.0
    duration_s: float = 0.0
    connect_timeout_s: float = 3.0
    show_query: bool = True
    cache: Path | None = None
    lines: int | None = MOST_LINES
    recorded: Recorded | None = None

    @property
    def until(self) -> float:
        """The moment that is diagnosed, in seconds since the epoch."""
        return self.recorded.at if self.recorded is not None else self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedSource:
    """What to read: the source of an application; `cache` is the folder of earlier results."""

    source: SourceTree | None
    application: str
    cache: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLogs:
    """What to read: the logs of one zone, whose lines of these folders are the application's own; `since` and `now` are
    seconds since the epoch; of each log the last `tail` lines, all of them where that is None. Of a server's log what is
    of `database` alone, all of it where that is empty."""

    logs: tuple[LogSource, ...]
    app_roots: tuple[str, ...] = ()
    zone_s: float = 0.0
    since: float | None = None
    until: float | None = None
    now: float = 0.0
    tail: int | None = None
    database: str = ""
