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

    `exception` is the class as printed, `message` all its lines, notes included; `depth` the level
    inside exception groups.
    """

    exception: str
    message: str = ""
    frames: tuple[Frame, ...] = ()
    depth: int = 0


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
    epoch, UTC, None where the log has no time; `source` names the container, file or service;
    `numbers` are those that vary in the message (`pool_size`); `once` is a key by which the same
    event printed twice is recognised; `text` is the redacted block.
    """

    signature: str
    exception: str
    message: str
    source: str
    worker: str = ""
    at: float | None = None
    culprit: Culprit | None = None
    route: str = ""
    sqlstate: str = ""
    origin: str = "app"
    numbers: tuple[tuple[str, float], ...] = ()
    once: str = ""
    text: str = ""
