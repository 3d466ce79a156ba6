"""What is known of a block that was seen before, and where it was found again."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from forge_doctor.dataclass import dataclass, field
from forge_doctor.logs.echoes.telling import Said
from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.event import Event
from forge_doctor.logs.records.tracebacks.known_chains import Parts
from forge_doctor.logs.records.tracebacks.traceback_bodies import Stamps
from forge_doctor.streams.heads.head import Head


@dataclass(slots=True, eq=False)
class Repeat:
    """A block that is nothing but a head and a known body, or tracebacks with the same telling words, and what it
    comes to.

    `parts` are the tracebacks that `events` were read from, `last` a first line and tracebacks that were seen last.
    `said` is what it tells, None before it is counted for the first time; `routed` that the lines before it may name the
    route that failed. By route, `first` is a time at which it was counted with its text at hand (that of an event without one is never
    over), and `waiting` are later ones.
    """

    head: Head
    block: Block
    events: tuple[Event, ...]
    parts: Parts = ()
    last: tuple[bytes, Parts] = (b"", ())
    first: dict[str, float] = field(default_factory=dict)
    waiting: dict[str, list[float | None]] = field(default_factory=dict)
    said: tuple[Said, ...] | None = None
    routed: bool = False


class Found(NamedTuple):
    """A repeat between two places of a window; `raw` is its first line, `at` the time that counts in it.

    `parts` are its tracebacks where their words are its own; `text` gives its lines where the window has others.
    """

    begin: int
    after: int
    repeat: Repeat
    raw: bytes
    at: float | None
    stamps: Stamps
    parts: Parts = ()
    text: Callable[[], bytes] | None = None

    @property
    def is_new(self) -> bool:
        """Whether any of its tracebacks was never counted before."""
        return any(part.frames.new for part in self.parts)


class Began(NamedTuple):
    """A block of which the first line was read, and what of that decides."""

    head: Head
    block: Block
    telling: object
