"""What one examination of a server gave, before anything is judged."""

from __future__ import annotations

from collections.abc import Mapping

from forge_doctor.dataclass import dataclass, field
from forge_doctor.slow.plan import Plan
from forge_doctor.slow.server.schema import Column, ForeignKey, Index, Table

READY, NOT_LOADED, NOT_CREATED, NOT_READABLE = "ready", "not loaded", "not created", "not readable"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementStats:
    """A row of pg_stat_statements, summed over roles; over the window where two looks were compared.

    `key` is the server's queryid. `text` has no values; `is_cut` where it was longer than is kept. Minimum and
    maximum are of one execution, always since the reset. `jit_ms` and `read_ms` are None where the version or the
    settings don't count them.
    """

    key: str
    text: str
    calls: int
    total_ms: float
    min_ms: float = 0.0
    max_ms: float = 0.0
    rows: int = 0
    blocks: int = 0
    temp_blocks: int = 0
    jit_ms: float | None = None
    read_ms: float | None = None
    toplevel: bool = True
    is_cut: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The extension pg_stat_statements: its state, and its rows for this database.

    `window_s` is the time between the two looks, None where the rows are totals; `age_s` since the reset, None where
    the server can't tell (13). `listed` of the rows are kept one by one, `calls` and `total_ms` are of all of them.
    `hidden` rows belong to roles whose statements we may not read, `hidden_ratio` is their share of time or of calls,
    whichever is more. Transactions are `commits` and `rollbacks`, None where utility statements aren't tracked; `own` of
    them are of examinations like this one. `quiet` is True where nothing ran between the looks, so that totals are given.
    """

    state: str
    detail: str = ""
    window_s: float | None = None
    quiet: bool = False
    age_s: float | None = None
    statements: tuple[StatementStats, ...] = ()
    seen: int = 0
    hidden: int = 0
    hidden_ratio: float = 0.0
    calls: int = 0
    total_ms: float = 0.0
    commits: int | None = None
    rollbacks: int | None = None
    own: int = 0
    deallocations: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseDelta:
    """pg_stat_database of the examined one, over `window_s`; times in seconds, None before 14."""

    window_s: float
    transactions: int = 0
    sessions: int | None = None
    active_s: float | None = None
    idle_in_transaction_s: float | None = None
    temp_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledStatement:
    """One statement in the samples: shares of the looks, never counts of executions.

    `running` are looks at a session that runs it, `waiting` those of them that waited for a lock, `sent` looks at which
    a session had it as its last statement with a start that had moved since the look before; `repeated` those where that
    session had sent the same one in the same transaction at the look before.
    """

    key: str
    text: str = ""
    running: int = 0
    waiting: int = 0
    sent: int = 0
    repeated: int = 0
    blockers: tuple[str, ...] = ()  # last statements of those it waited for
    longest_wait_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """pg_stat_activity of this database's clients, looked at `looks` times.

    `active`, `idle_in_transaction` and `open` are mean numbers of sessions; `changed` are looks at a session not idle
    whose query_start had moved, of `watched` such looks at sessions seen twice. `waits` are active looks by what they
    waited for (`Lock:transactionid`; `CPU` for nothing). `cost_ms` is what one look took.
    """

    looks: int
    active: float = 0.0
    idle_in_transaction: float = 0.0
    open: float = 0.0
    changed: int = 0
    watched: int = 0
    waits: Mapping[str, int] = field(default_factory=dict)
    statements: tuple[SampledStatement, ...] = ()
    pids: int = 0
    cost_ms: float = 0.0
    bouncer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerWork:
    """A server's side. `sees_all` is False where other roles' statements are hidden from ours; `settings` are values
    as `SHOW` gives them; `hypopg` says whether indexes can be tried without being made, `unread` what could not be
    had of the catalog."""

    version_num: int
    role: str
    database: str
    sees_all: bool = True
    in_recovery: bool = False
    hypopg: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    statistics: Statistics
    samples: Samples | None = None
    delta: DatabaseDelta | None = None
    tables: tuple[Table, ...] = ()
    indexes: tuple[Index, ...] = ()
    columns: tuple[Column, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    plans: tuple[Plan, ...] = ()
    unread: tuple[str, ...] = ()
    explained: bool = True

    @property
    def major(self) -> int:
        """15 for 150018."""
        return self.version_num // 10000
