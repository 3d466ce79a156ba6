"""What logs told of statements, as frozen data: counts and plans, never a value that was sent or came back."""

from __future__ import annotations

from collections.abc import Mapping

from forge_doctor.dataclass import dataclass, field
from forge_doctor.slow.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedStatement:
    """One statement, `key` its fingerprint, `text` on one line without values.

    Of the engine's log: `runs` of it, `sets` of parameters sent with them (more where one run carries a list), `rows`
    that came back in all and `most_rows` in one run, None without `echo="debug"`. Of the server's log: `timed`
    executions with their times, `waited_ms` of that for locks, `longest_own_ms` the longest without its wait,
    `temp_bytes` on disk. Of parameters, wherever they were logged: `patterns` for LIKE, `open_patterns` of them that
    begin with a wildcard, `deepest` the largest OFFSET. `query_id` is the server's, where it was logged.
    """

    key: str
    text: str
    query_id: str = ""
    runs: int = 0
    sets: int = 0
    rows: int | None = None
    most_rows: int | None = None
    timed: int = 0
    total_ms: float = 0.0
    longest_ms: float = 0.0
    longest_own_ms: float = 0.0
    waited_ms: float = 0.0
    waits: int = 0
    temp_files: int = 0
    temp_bytes: int = 0
    patterns: int = 0
    open_patterns: int = 0
    deepest: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def is_usually_slow(self, least_ms: float) -> bool:
        """Whether one execution took so long by itself, and the mean of all timed ones at least half of it: what is fast
        most of the time waited that once, for the event loop, the network or a cold cache."""
        mean_ms = (self.total_ms - self.waited_ms) / self.timed if self.timed else 0.0
        return self.longest_own_ms >= least_ms and mean_ms >= least_ms / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """A statement that one transaction sends again and again, in `transactions` of them.

    `usual`, `least` and `most` runs in one of them, `runs` in all. `parent` is the key of the statement before its first
    run that the transaction sends at most a third as often, empty where there is none. `differing` says that parameters
    were others from run to run, None where they are hidden. `batched` runs carried a list of parameter sets, `refused` ones are rows given
    together that SQLAlchemy could not send together.
    `separable` is False where transactions could not be told apart and `usual` is runs for each run of the parent.
    """

    key: str
    parent: str = ""
    transactions: int
    runs: int
    usual: int
    least: int = 0
    most: int = 0
    differing: bool | None = True
    batched: int = 0
    refused: int = 0
    separable: bool = True
    routes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitSeries:
    """Transactions of one request, one after the other, that each send the same one writing statement and commit.

    `requests` have such a series, `usual` commits in one. `bounded` says how requests were told apart: by a field of the
    records, by access lines, or (empty) not at all.
    """

    key: str
    requests: int
    commits: int
    usual: int
    bounded: str = ""
    routes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """SQLAlchemy's warning that a SELECT multiplies tables; `key` is the statement sent next that names them all,
    empty where none did. `file` and `line` are where Python placed the warning."""

    tables: tuple[str, ...]
    key: str = ""
    seen: int = 1
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRecords:
    """What the pool's log counts; `pool` is the class that wrote it."""

    created: int = 0
    checked_out: int = 0
    pool: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSessions:
    """Sessions in the server's log: `opened`, and of those `ended` with their length how many were `short` (below 1 s)."""

    opened: int = 0
    ended: int = 0
    short: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedWork:
    """All that the logs told. `engine` and `timed` say which kinds of records there were; with neither nothing can be
    judged. `separated_by` names what told transactions apart, `interleaved` that nothing did."""

    sources: tuple[str, ...] = ()
    lines: int = 0
    size_bytes: int = 0
    engine: int = 0
    timed: int = 0
    transactions: int = 0
    separated_by: tuple[str, ...] = ()
    interleaved: bool = False
    statements: tuple[LoggedStatement, ...] = ()
    repetitions: tuple[Repetition, ...] = ()
    series: tuple[CommitSeries, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    pool: PoolRecords | None = None
    sessions: ServerSessions | None = None
    plans: tuple[Plan, ...] = ()
    began: str = ""
    ended: str = ""
    unread: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there was no SQL in it at all."""
        return not (self.engine or self.timed or self.pool or self.sessions)
