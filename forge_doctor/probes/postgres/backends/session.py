"""A backend and a lock as the server shows them, as frozen data; asks nothing and judges nothing."""

from __future__ import annotations

from collections.abc import Mapping

from forge_doctor.dataclass import dataclass, field

CLIENT = "client backend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A backend, as pg_stat_activity shows it. Ages are seconds by the server's clock.

    `backend_type` is `hidden` where a role without rights sees that somebody's process is there and not what it is.

    `hidden` is True where the examining role lacks pg_read_all_stats: every field from `state`
    down is then None or empty, and must not be judged.
    """

    pid: int
    user: str = ""
    database: str = ""
    application_name: str = ""
    hidden: bool = False
    backend_type: str = CLIENT
    client_addr: str | None = None  # None: Unix socket, or hidden
    client_port: int | None = None  # -1: Unix socket
    state: str | None = None
    wait_event_type: str | None = None
    wait_event: str | None = None
    backend_age_s: float | None = None  # now - backend_start
    xact_age_s: float | None = None  # now - xact_start: how long the transaction is open
    query_age_s: float | None = None  # now - query_start; in idle states of the last statement
    state_age_s: float | None = None  # now - state_change: how long it has been in this state
    lock_wait_s: float | None = None  # now - pg_locks.waitstart (14+), while it waits for a lock
    holds_back_vacuum: bool = False  # backend_xid or backend_xmin is set
    statement: str = ""  # literals replaced by ?, comments removed
    tags: Mapping[str, str] = field(default_factory=dict)  # sqlcommenter
    blocked_by: tuple[int, ...] = ()  # pg_blocking_pids(); 0 is a prepared transaction

    @property
    def idle_in_transaction(self) -> bool:
        """Whether a transaction is open and nothing runs in it (aborted ones included)."""
        return self.state in ("idle in transaction", "idle in transaction (aborted)")

    @property
    def waits_for_client(self) -> bool:
        """Whether its statement goes on only when the client sends more, as a COPY FROM STDIN: no cancel reaches it there."""
        return self.state == "active" and self.wait_event == "ClientRead"

    @property
    def aborted(self) -> bool:
        """Whether the open transaction failed and waits for its ROLLBACK."""
        return self.state == "idle in transaction (aborted)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A row of pg_locks that matters for a queue: what somebody waits for, what is held of the same thing, and
    every advisory lock. `pid` is None for a prepared transaction; `relation` is quoted as a statement needs it,
    None in another database; `key` is an advisory lock's.
    """

    pid: int | None
    kind: str  # locktype
    mode: str
    granted: bool
    relation: str | None = None
    key: str | None = None
