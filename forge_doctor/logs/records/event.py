"""What happened once: one `Event` for a traceback block, a warning or a server's complaint."""

from __future__ import annotations

from forge_doctor.dataclass import dataclass
from forge_doctor.streams.heads.frames import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Culprit:
    """The innermost frame in the user's own code."""

    file: str
    line: int
    function: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What went wrong, whenever and wherever it did.

    `signature` is a signature's id, or empty for an error nobody knows; `detail` a name in the
    message (the coroutine, the table); `numbers` are those that vary in it (`pool_size`); `once` is
    a key by which the same event printed twice is recognised; `endpoint` the route function that
    FastAPI named; `starting` says that it ended a start: of the service, or of a migration before it. An error
    nobody knows that is a line without a traceback has no exception, and its template as `detail`. `statement` is what
    the server was asked for, without values. `trails` has of each exception of its chain what tells its frames from
    others, in this process. `unsure` says that no line is blamed, as lines of another traceback may stand in it;
    `quiet` that the program gave the record of its traceback the level DEBUG.
    """

    signature: str
    exception: str
    message: str
    culprit: Culprit | None = None
    endpoint: Frame | None = None
    detail: str = ""
    numbers: tuple[tuple[str, float], ...] = ()
    once: str = ""
    starting: bool = False
    statement: str = ""
    trails: tuple[tuple[int, ...], ...] = ()
    unsure: bool = False
    quiet: bool = False


@dataclass(slots=True)
class Sighting:
    """One time that an event was seen.

    `source` names the container, file or service, `offset` the place in it; `at` is seconds since
    the epoch, UTC, None where the log has no time; `origin` is `app`, `postgresql` or `pgbouncer`.
    """

    source: str
    offset: int = 0
    at: float | None = None
    worker: str = ""
    route: str = ""
    sqlstate: str = ""
    origin: str = "app"
