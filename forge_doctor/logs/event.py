"""What happened once: one `Event` for a traceback block, a warning or a server's complaint."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A place in a traceback; `code` is the quoted source line, where there is one."""

    file: str
    line: int
    function: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One exception of a chain or group with its frames, outermost first.

    `exception` is the class as printed (empty for a bare call stack), `message` all its lines,
    notes included; `branch` names the leaf of an exception group it belongs to (`1.2`);
    `endpoint` is the route function FastAPI names after a validation error, its `code` the route.
    """

    exception: str
    message: str = ""
    frames: tuple[Frame, ...] = ()
    branch: str = ""
    endpoint: Frame | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Culprit:
    """The innermost frame in the user's own code."""

    file: str
    line: int
    function: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that went wrong, once.

    `signature` is a signature's id, or empty for an error nobody knows; `at` is seconds since the
    epoch, UTC, None where the log has no time; `source` names the container, file or service and
    `offset` the place in it; `detail` a name in the message (the coroutine, the table); `numbers`
    are those that vary in it (`pool_size`); `once` is a key by which the same event printed twice
    is recognised; `origin` is `app`, `postgresql` or `pgbouncer`.
    """

    signature: str
    exception: str
    message: str
    source: str = ""
    offset: int = 0
    worker: str = ""
    at: float | None = None
    culprit: Culprit | None = None
    route: str = ""
    endpoint: Frame | None = None
    sqlstate: str = ""
    origin: str = "app"
    detail: str = ""
    numbers: tuple[tuple[str, float], ...] = ()
    once: str = ""
