"""One statement as checks see it, whatever told of it: the server's statistics, its samples, a log, the source."""

from __future__ import annotations

from forge_doctor.dataclass import dataclass, field
from forge_doctor.slow.logged.work import LoggedStatement
from forge_doctor.slow.plan import Plan
from forge_doctor.slow.server.work import SampledStatement, StatementStats
from forge_doctor.slow.snapshot import StatementLine
from forge_doctor.sql.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement with all that is known of it; a number is None where nothing told it.

    `key` is the server's queryid, else the fingerprint of its text. Times are the server's, in milliseconds.
    `per_transaction` is calls through all transactions, `time_share` and `trip_share` of the whole database's time and
    calls. `stats` and `sampled` are the server's, `logged` what logs told; without `stats`,
    calls, times and rows are those of the logs.
    """

    key: str
    text: str
    shape: Shape = field(default_factory=Shape)
    calls: int = 0
    total_ms: float | None = None
    rows: int | None = None
    blocks: int | None = None
    per_transaction: float | None = None
    time_share: float | None = None
    trip_share: float | None = None
    stats: StatementStats | None = None
    sampled: SampledStatement | None = None
    logged: LoggedStatement | None = None
    plan: Plan | None = None
    lines: tuple[StatementLine, ...] = ()

    @property
    def mean_ms(self) -> float | None:
        """Per call."""
        return None if self.total_ms is None or not self.calls else self.total_ms / self.calls

    @property
    def rows_per_call(self) -> float | None:
        """Rows given or changed per call."""
        return None if self.rows is None or not self.calls else self.rows / self.calls

    @property
    def blocks_per_call(self) -> float | None:
        """Blocks of tables and indexes touched per call, in the cache or not."""
        return None if self.blocks is None or not self.calls else self.blocks / self.calls

    @property
    def verb(self) -> str:
        """`select`, `insert`, ...; empty where it is none that is read."""
        return self.shape.verb
