"""What a triage says: a cause with its place, its holders and its symptoms, how sure that is, and what to do about it."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from forge_doctor.dataclass import dataclass
from forge_doctor.picture import Excerpt


class Verdict(StrEnum):
    """How sure we are of a cause."""

    CONFIRMED = "confirmed"  # two independent sources say so
    LIKELY = "likely"
    INCONCLUSIVE = "inconclusive"  # something is wrong, and what was seen does not tell the cause


class Urgency(IntEnum):
    """What it does to the service, gravest first."""

    DATA_LOSS = 0
    OUTAGE = 1
    OUTAGE_SOON = 2
    RISK = 3

    @property
    def label(self) -> str:
        """The words people read: `data loss`, `outage now`, `outage soon`, `risk`."""
        return ("data loss", "outage now", "outage soon", "risk")[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of the application: `file` from its source root, `seen` as the process or the log names it."""

    file: str
    line: int | None = None
    function: str = ""
    seen: str = ""

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where} {self.function}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds what others want: a session, the process behind it and the line that took it.

    `since` is a moment in ISO 8601, `held_s` how long ago that was; `how` says from what the line is known
    (`written down by its process`, `its statement`).
    """

    session: int | None = None
    worker: int | None = None
    name: str = ""
    place: Place | None = None
    how: str = ""
    since: str = ""
    held_s: float | None = None
    state: str = ""
    statement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """What the cause brings about, seen by one of the parts: `check` is the id of what said so (a check, a signature,
    a rule), `place` where it showed: a victim's line."""

    part: str
    check: str
    text: str
    count: int | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One fact for the cause, and where it was read; facts of different `part`s are independent."""

    text: str
    part: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledOut:
    """A cause that was thought of, and the fact that speaks against it."""

    cause: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened: `at` in ISO 8601 by the server's clock, `lane` the worker or log it happened in."""

    at: str
    text: str
    lane: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One cause.

    `title` is the fact in one sentence. `now` is what to type, each line guarded by its condition; `change` what to
    write differently in the code; `next` what to run where it is inconclusive. `explains` are the ids of the findings,
    problems and rules it accounts for, `sessions` the pids it is about. `application` names whose it is. `excerpt` is the
    source around `place`, where it is still the code that ran.
    """

    cause: str
    verdict: Verdict
    urgency: Urgency
    title: str
    application: str = ""
    place: Place | None = None
    holders: tuple[Holder, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    why: tuple[Reason, ...] = ()
    now: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    timeline: tuple[Moment, ...] = ()
    explains: tuple[str, ...] = ()
    sessions: tuple[int, ...] = ()
    excerpt: Excerpt | None = None
