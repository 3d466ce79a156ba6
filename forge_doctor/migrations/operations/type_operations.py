"""What a revision does to types and views: no table's rows are touched by any of it."""

from __future__ import annotations

from forge_doctor.dataclass import dataclass
from forge_doctor.migrations.operations.operation import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateEnum(Operation):
    """`CREATE TYPE ... AS ENUM`; `checks_first` leaves one alone that is there."""

    name: str
    values: tuple[str, ...] = ()
    checks_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DropType(Operation):
    """`DROP TYPE`."""

    name: str
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddEnumValue(Operation):
    """`ALTER TYPE ... ADD VALUE`."""

    name: str
    value: str
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameType(Operation):
    """`ALTER TYPE ... RENAME TO`, or of a value where one is given."""

    name: str
    new_name: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateView(Operation):
    """`CREATE VIEW`, materialised or not."""

    name: str
    materialized: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DropView(Operation):
    """`DROP VIEW`, materialised or not."""

    name: str
