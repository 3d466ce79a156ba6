"""One look at a database and its migrations as frozen data; it can be saved and replayed."""

from __future__ import annotations

from collections.abc import Mapping

from forge_doctor.dataclass import dataclass, field
from forge_doctor.probes.postgres.backends.session import Lock, Session
from forge_doctor.typed_json import MOMENT

DEFAULT_VERSION_TABLE = "alembic_version"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionTable:
    """A table of Alembic's shape: one column, version_num. `revisions` is None where the role may not read it, or where
    a session holds a lock on it (`locked`)."""

    schema: str
    name: str
    owner: str = ""
    revisions: tuple[str, ...] | None = ()
    locked: bool = False

    @property
    def label(self) -> str:
        """`alembic_version`, `billing.alembic_version`."""
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidIndex:
    """An index that no statement uses; `maybe_building` where a session is at work on its table."""

    schema: str
    name: str
    table: str
    is_unique: bool
    definition: str
    size_bytes: int
    maybe_building: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnvalidatedConstraint:
    """A constraint that old rows may break; `kind` is pg_constraint.contype."""

    schema: str
    table: str
    name: str
    kind: str
    definition: str
    table_bytes: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSize:
    """A table and how large it is; `rows` is the statistics' number, not a count."""

    schema: str
    name: str
    size_bytes: int
    indexes_bytes: int
    rows: int

    @property
    def label(self) -> str:
        """As migrations name it: without `public`."""
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockTimeout:
    """An ALTER ROLE or ALTER DATABASE that sets lock_timeout; an empty name means all."""

    role: str
    database: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveServer:
    """What the server says of itself and of the role that looked.

    `tables` counts those of users; `clock` is its time before the sessions were read, ISO 8601 in UTC.
    """

    version_num: int
    role: str
    database: str
    sees_all: bool
    in_recovery: bool
    search_path: str
    timezone: str
    lock_timeout_ms: int
    tables: int
    clock: str = ""
    lock_timeouts: tuple[LockTimeout, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSnapshot:
    """Everything one look gave. `migrators` are the sessions that have written to a version table in a transaction
    still open; `progress` is of index builds and vacuums, by pid."""

    taken_at: str = field(metadata=MOMENT)
    target: str
    server: LiveServer
    version_tables: tuple[VersionTable, ...] = ()
    invalid_indexes: tuple[InvalidIndex, ...] = ()
    unvalidated: tuple[UnvalidatedConstraint, ...] = ()
    tables: tuple[TableSize, ...] = ()
    sessions: tuple[Session, ...] = ()
    locks: tuple[Lock, ...] = ()
    migrators: tuple[int, ...] = ()
    progress: Mapping[str, str] = field(default_factory=dict)
