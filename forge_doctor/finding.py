"""What a check says: one `Finding` for everything, and `NotRun` where it could not look."""

from __future__ import annotations

from enum import IntEnum

from forge_doctor.dataclass import dataclass, replace


class Severity(IntEnum):
    """How bad it is."""

    INFO = 0
    WARNING = 1
    ERROR = 2
    CRITICAL = 3

    @property
    def label(self) -> str:
        """The word users type and read: `info`, `warning`, `error`, `critical`."""
        return self.name.lower()


class Confidence(IntEnum):
    """How sure we are; says nothing about how bad it is."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def label(self) -> str:
        """The word users type and read: `low`, `medium`, `high`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where it is; flat, so that renderers never learn a slice's nouns.

    `target` is a path with `/` (`src/shop/api.py`) or a name (`pid 4711 shop_api@shop`).
    Lines and columns count from 1; a column counts characters; the end is exclusive.
    """

    target: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.target, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One fact a finding rests on: a value, its unit, and where it was read."""

    label: str
    value: str | int | float | bool | None
    unit: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another place or check that belongs to a finding (`model defined here`)."""

    message: str
    location: Location | None = None
    check: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A replacement of the text at `location`; `safe` edits never change what else the file means."""

    location: Location
    replacement: str
    safe: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeContext:
    """The code a finding stands in, so that a log's line, a session or a plan can be joined with it.

    `function` is the innermost function around (`Repository.save`; empty at the top of a module) and `line` to
    `end_line` its extent; `models` the mapped classes and `tables` the tables that the statement names, or else the
    function; `does` says what the line does: `configures` an engine or a factory, `opens`, `holds`, `queries`, `commits`,
    `ends`, `calls out`.
    """

    function: str = ""
    line: int | None = None
    end_line: int | None = None
    models: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    does: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault.

    `message` gives the fact with numbers and units and its consequence; `remedy` is the exact
    thing to type or to change (it may have several lines). `check` is stamped by `run_check`. `sessions` are the
    pids of all database sessions it is about: every one, however many. `code` is what a source file shows around it.
    No edit is safe where the finding itself may be wrong.
    """

    check: str = ""
    severity: Severity
    confidence: Confidence
    message: str
    location: Location
    evidence: tuple[Evidence, ...] = ()
    remedy: str = ""
    related: tuple[Related, ...] = ()
    sessions: tuple[int, ...] = ()
    edits: tuple[Edit, ...] = ()
    code: CodeContext | None = None

    def __post_init__(self) -> None:
        if self.confidence < Confidence.HIGH and any(edit.safe for edit in self.edits):
            object.__setattr__(self, "edits", tuple(replace(edit, safe=False) for edit in self.edits))

    @property
    def rank(self) -> tuple[int, int, str, str, int, int]:
        """Sort key: worst first, surest first, then by check and place."""
        return (
            -self.severity,
            -self.confidence,
            self.check,
            self.location.target,
            self.location.line or 0,
            self.location.column or 0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """A check that could not look, why, and what lets it; `crashed` is a bug of ours.

    `check` is stamped by `run_check`.
    """

    check: str = ""
    reason: str
    remedy: str = ""
    crashed: bool = False


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 event`, `2,000 events`, as messages need it; `plural` where it is not made by an s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
