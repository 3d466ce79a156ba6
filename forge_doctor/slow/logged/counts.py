"""What one process's log comes to, counted: a statement in a transaction, over all of them, below a parent; commits in a row."""

from __future__ import annotations

from collections import Counter

from forge_doctor.dataclass import dataclass, field
from forge_doctor.slow.logged.template import Template


@dataclass(slots=True)
class Runs:
    """One statement in one transaction."""

    count: int = 0
    batched: int = 0
    hidden: int = 0
    refused: int = 0
    digests: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Repeated:
    """One statement below one parent, over all transactions that repeat it."""

    counts: Counter[int] = field(default_factory=Counter)
    batched: int = 0
    hidden: int = 0
    refused: int = 0
    differing: int = 0


@dataclass(slots=True)
class Series:
    """Commits of one writing statement, request by request."""

    counts: Counter[int] = field(default_factory=Counter)
    routes: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Usage:
    """One statement over all of a log."""

    runs: int = 0
    sets: int = 0
    rows: int = 0
    most_rows: int = 0
    patterns: int = 0
    open_patterns: int = 0
    deepest: int | None = None
    digests: set[int] = field(default_factory=set)
    hidden: int = 0


@dataclass(slots=True)
class Group:
    """The records with one key: at most one transaction open at a time, and the series of commits so far."""

    transaction: dict[Template, Runs] | None = None
    last: Template | None = None
    rows: int = 0
    written: Template | None = None
    commits: int = 0
