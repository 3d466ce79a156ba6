"""Tables, indexes and columns, as far as they explain a statement's cost."""

from __future__ import annotations

from forge_doctor.dataclass import dataclass
from forge_doctor.sql.quoting import quote_identifier

# What REINDEX CONCURRENTLY calls the index it makes, and the old one it has not dropped yet.
REINDEXED = ("_ccnew", "_ccold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table and how it is read. `rows` is the better of what the statistics and the last analysis say.

    Ages are seconds by the server's clock, None for never; `changed` are rows changed since it was analysed; `parent`
    is the partitioned table it is a part of, quoted, empty where it is none. `known_rows` and `known_blocks` are what the
    last ANALYZE or VACUUM found (-1 rows: there was none), `blocks` what it has now, None where nobody asked. `written` are
    all rows changed since the counters began, `rewritten` those of them that were updated or deleted; `worked_on` while
    it is vacuumed or analysed.
    """

    schema: str
    name: str
    rows: int = 0
    dead_rows: int = 0
    changed: int = 0
    size_bytes: int = 0
    scans: int = 0
    rows_scanned: int = 0
    index_scans: int = 0
    analyzed_age_s: float | None = None
    vacuumed_age_s: float | None = None
    parent: str = ""
    autovacuum: bool = True
    partitioned: bool = False
    known_rows: int = -1
    known_blocks: int = 0
    blocks: int | None = None
    written: int = 0
    rewritten: int = 0
    worked_on: bool = False

    @property
    def quoted(self) -> str:
        """As a statement needs it."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.name)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index; `ready` once writes keep it up; `keys` are its columns and expressions in order, as the server writes them (`lower(mail)`).

    `scans` are since `counted_s` (None: the server can't tell); `predicate` is empty unless it is partial;
    `makes` is the definition in the server's words; `being_made` while a session builds it.
    """

    schema: str
    table: str
    name: str
    keys: tuple[str, ...] = ()
    method: str = "btree"
    unique: bool = False
    constraint: bool = False
    valid: bool = True
    ready: bool = True
    being_made: bool = False
    predicate: str = ""
    includes: tuple[str, ...] = ()
    options: str = ""  # operator classes, collations, directions: two that differ in them are not the same index
    scans: int = 0
    counted_s: float | None = None
    size_bytes: int = 0
    makes: str = ""

    @property
    def quoted(self) -> str:
        """As a statement needs it."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.name)}"

    @property
    def is_left_over(self) -> bool:
        """Whether REINDEX CONCURRENTLY made it and has not put it in the other's place, or not dropped the old one yet."""
        return self.name.rstrip("0123456789").endswith(REINDEXED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What pg_stats says of a column; `distinct` as there (negative: a share of the rows). Values are not kept.

    `virtual` is a generated one that is not stored, which no index takes.
    `most_common` is the share of the most common value, `rarest_listed` that of the rarest of the listed ones.
    """

    schema: str
    table: str
    name: str
    kind: str = ""
    distinct: float = 0.0
    null_ratio: float = 0.0
    most_common: float = 0.0
    rarest_listed: float = 0.0
    known: bool = True
    virtual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A column that refers to another table's; keys of several columns are left out."""

    schema: str
    table: str
    column: str
    to_schema: str
    to_table: str
    to_column: str
