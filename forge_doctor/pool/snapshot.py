"""One look at a server and its application as frozen data; it can be saved and replayed."""

from __future__ import annotations

from collections.abc import Mapping

from forge_doctor.dataclass import dataclass, field
from forge_doctor.finding import Confidence
from forge_doctor.probes.application.call_stacks import ProcessStacks
from forge_doctor.probes.postgres.backends.session import Lock, Session
from forge_doctor.probes.processes.workers import Endpoint, Process
from forge_doctor.typed_json import MOMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedTransaction:
    """A two-phase transaction that was prepared and neither committed nor rolled back."""

    gid: str
    owner: str
    database: str
    age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A server setting for the roles of the application; `value` in `unit` as pg_settings has it."""

    name: str
    value: str
    unit: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseCounters:
    """pg_stat_database of the examined database, since `reset_age_s` seconds ago (None: never)."""

    commits: int = 0
    rollbacks: int = 0
    deadlocks: int = 0
    sessions: int | None = None  # 14+
    sessions_abandoned: int | None = None  # 14+
    reset_age_s: float | None = None
    conflicts_lock: int = 0  # statements a standby cancelled, by reason
    conflicts_snapshot: int = 0
    conflicts_pin: int = 0
    conflicts_deadlock: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationSlot:
    """A row of pg_replication_slots. `held_bytes` of WAL are kept for it, None for none; `safe_bytes` may be written
    before it is invalidated, None where nothing bounds it; `inactive_s` is known from 17 on, so are `invalidated` (the
    reason) and `synced` (a copy that a standby keeps of its primary's)."""

    name: str
    kind: str  # physical | logical
    database: str = ""
    active: bool
    temporary: bool = False
    wal_status: str = ""  # reserved | extended | unreserved | lost
    held_bytes: int | None = None
    safe_bytes: int | None = None
    inactive_s: float | None = None
    invalidated: str = ""
    synced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Replication:
    """What the server keeps for those that copy it. `keep_mb` is max_slot_wal_keep_size, -1 unlimited."""

    max_slots: int
    max_senders: int
    senders: int
    keep_mb: int
    slots: tuple[ReplicationSlot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Limits and settings of the server, and what the examining role may see.

    `role_limits` and `database_limits` hold only CONNECTION LIMITs that are set (>= 0), by name.
    """

    version_num: int
    max_connections: int
    superuser_reserved: int
    reserved: int = 0  # 16+
    role: str = ""
    database: str = ""
    sees_all: bool = True
    superusers: tuple[str, ...] = ()
    role_limits: Mapping[str, int] = field(default_factory=dict)
    database_limits: Mapping[str, int] = field(default_factory=dict)
    settings: tuple[Setting, ...] = ()
    counters: DatabaseCounters | None = None
    prepared: tuple[PreparedTransaction, ...] = ()
    replication: Replication | None = None
    replication_unread: str = ""  # why it could not be read
    background_processes: int = 0
    in_recovery: bool = False
    clock: str = field(default="", metadata=MOMENT)  # the server's time of the look, ISO 8601 in UTC

    @property
    def major(self) -> int:
        """15 for 150018."""
        return self.version_num // 10000


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why the server gave no session: SQLSTATE 53300 and the server's own sentence."""

    sqlstate: str
    message: str
    address: str = ""
    port: int = 5432


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number and where it was read (`--pool-size`, `engine shop.db:engine`, `env WEB_CONCURRENCY of pid 7`).

    `assumed` marks a default nobody configured; `doubt` says what may have set another one unseen.
    """

    value: int
    source: str
    assumed: bool = False
    doubt: str = ""

    @property
    def said(self) -> str:
        """The source with what makes it unsure."""
        return f"{self.source} (assumed)" if self.assumed else self.source + (f", {self.doubt}" if self.doubt else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """How the application uses connections; a number is None where nothing told it.

    `pool_size` 0 and `max_overflow` -1 mean unlimited, as in SQLAlchemy. `pool_class` is the
    SQLAlchemy class's name. `workers` counts per replica.
    """

    pool_size: Number
    max_overflow: Number
    workers: Number | None = None
    replicas: Number
    surge: float = 1.25
    pool_class: str = "AsyncAdaptedQueuePool"
    pool_timeout_s: float | None = None
    pool_recycle_s: float | None = None
    pool_pre_ping: bool | None = None
    source: str = ""

    @property
    def sizes_assumed(self) -> bool:
        """Whether nobody told how large the pool is: then nothing graver than info follows from it."""
        return self.pool_size.assumed or self.max_overflow.assumed

    @property
    def sizes_confidence(self) -> Confidence:
        """How sure the size of a pool is."""
        unsure = self.sizes_assumed or self.pool_size.doubt or self.max_overflow.doubt
        return Confidence.MEDIUM if unsure else Confidence.HIGH

    @property
    def per_worker(self) -> int | None:
        """Connections one worker may open, None where unlimited."""
        if self.pool_class == "NullPool" or self.pool_size.value == 0 or self.max_overflow.value < 0:
            return None
        return self.pool_size.value + self.max_overflow.value


@dataclass(frozen=True, slots=True, kw_only=True)
class BouncerPool:
    """A row of pgbouncer's SHOW POOLS: connections by what they do."""

    database: str
    user: str
    clients_active: int
    clients_waiting: int
    servers_active: int
    servers_idle: int
    max_wait_s: float
    mode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BouncerLink:
    """A client of pgbouncer, by its own end, and the backend that serves it at this moment."""

    client: Endpoint
    backend_pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bouncer:
    """A pgbouncer between the application and the server; sizes as SHOW CONFIG has them.

    `pools` is None where the admin console could not be read, `why_not` then says why.
    """

    version: str = ""
    address: str = ""
    pool_mode: str = ""
    default_pool_size: int | None = None
    max_client_conn: int | None = None
    max_prepared_statements: int | None = None
    pools: tuple[BouncerPool, ...] | None = None
    why_not: str = ""
    links: tuple[BouncerLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What several looks over `window_s` seconds showed and one cannot.

    `opened` counts connections; `persisting` are the pids whose transaction stayed open and idle
    from the first look to the last; `in_use` is the mean number of sessions that were not idle;
    `idle_in_transaction_ratio` is the share of all sessions of all looks that were idle in transaction.
    """

    window_s: float
    opened: int
    persisting: tuple[int, ...] = ()
    in_use: float | None = None
    idle_in_transaction_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """A line of the source that may have sent the last statement of session `pid`; `why` in words.

    `runs_as` is `dependency` or `background task`, where the source says so, and `starter` what starts it; `ended`
    whether code that is sure to run ends the session there, None where that is not to be seen.
    """

    pid: int
    file: str
    line: int
    function: str
    confidence: Confidence
    why: str
    runs_as: str = ""
    starter: str = ""
    ended: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSnapshot:
    """Everything the checks judge. `server` is None where no session was to be had (`refusal`).

    `taken_at` is ISO 8601 in UTC; `target` names the server without its password
    (`shop_api@127.0.0.1:5432/shop`). `processes` is None where nobody looked for any;
    `unmatched_servers` counts processes of application servers without a connection to this server;
    `local_networks` are the networks that exist only on this host (`127.0.0.0/8`, a docker bridge),
    none where some of its sockets could not be read, or where every session has its process.
    `half_open` are clients whose server's end of the connection is on this host and established, while no process
    here has the client's end, `closed_by_client` those that have closed theirs, wherever they are; both empty where the
    server is not proven to be here. `background` are backends that are no
    clients' (autovacuum, replication, parallel workers); `progress` is what the server says of some of them, by pid.
    `statement_lines` were told from the source of the processes (`--source`), best first for each session.
    `stacks` are of the processes a finding may be about (a blocked loop, a session held), none where there is none.
    """

    taken_at: str = field(metadata=MOMENT)
    target: str
    application: Application
    server: Server | None = None
    refusal: Refusal | None = None
    sessions: tuple[Session, ...] = ()
    background: tuple[Session, ...] = ()
    locks: tuple[Lock, ...] = ()
    progress: Mapping[str, str] = field(default_factory=dict)
    processes: tuple[Process, ...] | None = None
    unmatched_servers: int = 0
    blind_spots: tuple[str, ...] = ()
    bouncer: Bouncer | None = None
    looks: Looks | None = None
    local_networks: tuple[str, ...] = ()
    half_open: tuple[Endpoint, ...] = ()
    closed_by_client: tuple[Endpoint, ...] = ()
    statement_lines: tuple[StatementLine, ...] = ()
    stacks: tuple[ProcessStacks, ...] = ()
    show_query: bool = True
