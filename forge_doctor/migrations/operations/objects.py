"""Types, columns, constraints and indexes as PostgreSQL knows them, whoever wrote them."""

from __future__ import annotations

from forge_doctor.dataclass import dataclass, field
from forge_doctor.finding import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumType:
    """An enumeration as a column names it; `creates` says whether creating a table with it creates the type too,
    `asks_not_to` that it was told not to in a way that SQLAlchemy follows from 2.1 on only."""

    name: str
    values: tuple[str, ...] = ()
    creates: bool = True
    asks_not_to: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A type by the server's own name (`int4`, `varchar`, `timestamptz`); empty where it is not known.

    `args` are its modifiers (length, or precision and scale); `serial` says that it brings a sequence; `array` counts
    dimensions.
    """

    name: str = ""
    args: tuple[int, ...] = ()
    enum: EnumType | None = None
    serial: bool = False
    array: bool = False

    def __str__(self) -> str:
        modifiers = f"({', '.join(map(str, self.args))})" if self.args else ""
        return f"{self.name or 'a type that only the run knows'}{modifiers}{'[]' if self.array else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """A default of the server: its SQL (HOLE where only the run knows), and whether PostgreSQL must work it out anew for
    each row."""

    sql: str
    is_volatile: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """`kind` is `check`, `foreign key`, `unique`, `primary key`, `exclude` or `not null`; an empty name is left to the
    server, a name of None is one that cannot be told."""

    kind: str
    name: str | None = ""
    columns: tuple[str, ...] = ()
    expression: str = ""
    target: str = ""  # of a foreign key: the table
    target_columns: tuple[str, ...] = ()
    not_valid: bool = False
    using_index: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`python_default` says that SQLAlchemy alone would fill it, which does nothing for rows that are there."""

    name: str
    type: Type = Type()
    nullable: bool = True
    default: Default | None = None
    python_default: bool = False
    identity: bool = False
    generated: str = ""  # `stored` or `virtual`
    primary_key: bool = False
    unique: bool = False
    index: bool = False
    constraints: tuple[Constraint, ...] = ()
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index; `columns` is empty where they cannot be told, expressions are written in parentheses."""

    name: str | None
    table: str
    columns: tuple[str, ...] = ()
    unique: bool = False
    where: str = ""
    method: str = ""
