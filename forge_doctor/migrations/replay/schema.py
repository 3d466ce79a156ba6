"""The schema at one moment: frozen tables, and a mutable set of them that operations are applied to."""

from __future__ import annotations

from collections.abc import Mapping

from forge_doctor.dataclass import dataclass, field, replace
from forge_doctor.migrations.operations.objects import Column, Constraint, Index


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as far as it is known.

    `is_complete` says that everything about it is known since it was created; `since` is the revision that created it
    (empty where none did); `columns` are in no order that matters.
    """

    name: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    is_complete: bool = False
    since: str = ""

    def constraint(self, name: str) -> Constraint | None:
        """A constraint by name."""
        return next((one for one in self.constraints if one.name == name), None)

    def index(self, name: str) -> Index | None:
        """An index by name."""
        return next((one for one in self.indexes if one.name == name), None)

    def with_column(self, column: Column) -> Table:
        """The same with a column more, or another in the place of one of its name."""
        return replace(self, columns={**self.columns, column.name: column})


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum:
    """An enumeration type; `since` is the revision that created it (empty where none did), `by_table` says that it came
    with a column of a new table."""

    name: str
    values: tuple[str, ...] = ()
    since: str = ""
    by_table: bool = False


@dataclass(slots=True)
class Schema:
    """All of it, by name. `is_complete` turns False where something was done that could not be followed."""

    tables: dict[str, Table] = field(default_factory=dict)
    enums: dict[str, Enum] = field(default_factory=dict)
    views: set[str] = field(default_factory=set)
    is_complete: bool = True

    def copy(self) -> Schema:
        """Another to be changed; tables are shared, since they are frozen."""
        return Schema(dict(self.tables), dict(self.enums), set(self.views), is_complete=self.is_complete)

    def table_of_index(self, name: str) -> Table | None:
        """The table an index belongs to."""
        return next((one for one in self.tables.values() if one.index(name) is not None), None)
