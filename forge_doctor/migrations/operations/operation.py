"""What a revision does: one frozen value an operation, the same for `op.add_column` and for `ALTER TABLE ... ADD`.

Tables are named as PostgreSQL would show them: lower case unless quoted, with their schema unless it is `public`; a
name with HOLE in it is one that only the run knows.
"""

from __future__ import annotations

from forge_doctor.dataclass import dataclass, field
from forge_doctor.finding import Location
from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.operations.objects import Column, Constraint, Default, Index, Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How an operation stands in the file.

    `location` is the call; `text` the call or the SQL; `conditions` the tests that only the run decides; `autocommit`
    says that no transaction is around it; `repeated` that it stands in a loop of unknown rounds; `call` counts the
    calls of the function, `statement` the statements of one call, `is_sql` that it was written as SQL; `helper` is the
    place in another file's function that a revision calls at `location`.
    """

    location: Location
    text: str = ""
    conditions: tuple[str, ...] = ()
    autocommit: bool = False
    repeated: bool = False
    call: int = 0
    statement: int = 0
    is_sql: bool = False
    batch: bool = False
    callers: tuple[Location, ...] = ()
    helper: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Base of all; a plain one is something that needs no judging."""

    written: Written

    @property
    def location(self) -> Location:
        """Where it stands."""
        return self.written.location


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTable(Operation):
    """Base of what changes one table."""

    table: str

    @property
    def is_resolved(self) -> bool:
        """Whether the table's name is known, and that of its column or of what is dropped."""
        names = (self.table, self.column_name, str(getattr(self, "name", "")))
        return bool(self.table) and not any(HOLE in name for name in names)

    @property
    def column_name(self) -> str:
        """The column it is about; empty where it is about none."""
        column = getattr(self, "column", "")
        return str(getattr(column, "name", column))


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable(OnTable):
    """`CREATE TABLE`; `is_complete` is False where the columns could not all be read (`AS SELECT`, a loop).

    `partition_of` is the table it is a part of, `is_partitioned` says that it will have parts itself.
    """

    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    if_not_exists: bool = False
    is_complete: bool = True
    temporary: bool = False
    partition_of: str = ""
    is_partitioned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTable(OnTable):
    """`DROP TABLE`."""

    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameTable(OnTable):
    """`ALTER TABLE ... RENAME TO`."""

    new_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddColumn(OnTable):
    """`ADD COLUMN`."""

    column: Column
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DropColumn(OnTable):
    """`DROP COLUMN`."""

    column: str
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterColumn(OnTable):
    """`ALTER COLUMN`: what is None stays as it is."""

    column: str
    nullable: bool | None = None
    type: Type | None = None
    using: str = ""
    existing_type: Type | None = None
    default: Default | None = None
    drop_default: bool = False
    new_name: str = ""
    identity: bool = False
    other: str = ""  # SET STATISTICS, SET STORAGE, SET EXPRESSION and such, as PostgreSQL's parser calls it


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIndex(OnTable):
    """`CREATE INDEX`."""

    index: Index
    concurrently: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIndex(OnTable):
    """`DROP INDEX`; the table is empty where it is not written."""

    name: str | None
    concurrently: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reindex(OnTable):
    """`REINDEX INDEX` or `REINDEX TABLE`: `name` is the index or empty."""

    name: str = ""
    concurrently: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddConstraint(OnTable):
    """`ADD CONSTRAINT`."""

    constraint: Constraint


@dataclass(frozen=True, slots=True, kw_only=True)
class DropConstraint(OnTable):
    """`DROP CONSTRAINT`; a name of None was not given."""

    name: str | None
    kind: str = ""
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateConstraint(OnTable):
    """`VALIDATE CONSTRAINT`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterTable(OnTable):
    """Another `ALTER TABLE`, or CLUSTER, VACUUM FULL, REFRESH, TRUNCATE, LOCK: `what` is PostgreSQL's own word."""

    what: str
    concurrently: bool = False
    other: str = ""  # a second table: a partition


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRows(OnTable):
    """`UPDATE`, `DELETE` or `INSERT`: `columns` are those set, `strings` the string constants in it.

    `is_limited` says that a LIMIT, or a condition that a loop moves on, keeps it short.
    """

    kind: str
    columns: tuple[str, ...] = ()
    has_where: bool = False
    is_limited: bool = False
    strings: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetParameter(Operation):
    """`SET lock_timeout = ...`; `value_ms` where it is a time and known."""

    name: str
    value: str
    value_ms: float | None = None
    is_local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EndTransaction(Operation):
    """`COMMIT`, `ROLLBACK` or `BEGIN`: `how` says `sql`, or the method called."""

    what: str
    how: str = "sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class UseModel(Operation):
    """A query through a mapped class of the application: `model` is its name, dotted where its file was not found."""

    model: str
    is_found: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSql(Operation):
    """A statement that needs no judging, or (with `strings` and `tables`) reads: `kind` is the parser's word for it."""

    kind: str
    strings: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralStatements(Operation):
    """One call that sends several statements, which the extended protocol of asyncpg refuses."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved(Operation):
    """What could not be told: `what` is the call, `reason` why."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """All that `upgrade` or `downgrade` does: `raises` is where it gives up whatever happens, `is_there` False where
    there is no such function, `is_empty` where no library is called in it."""

    operations: tuple[Operation, ...] = ()
    raises: Location | None = None
    is_there: bool = True
    is_empty: bool = False
    unread: tuple[Unresolved, ...] = field(default=())

    @property
    def is_resolved(self) -> bool:
        """Whether everything it does could be told."""
        return not self.untold

    @property
    def untold(self) -> int:
        """How much of what it does could not be told."""
        return len(self.unread) + sum(map(_is_unresolved, self.operations))


def _is_unresolved(one: Operation) -> bool:
    return isinstance(one, Unresolved) or (isinstance(one, OnTable) and bool(one.table) and not one.is_resolved)
