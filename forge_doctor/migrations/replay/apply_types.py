"""Applies to a schema what an operation does to types and views."""

from __future__ import annotations

from forge_doctor.dataclass import replace
from forge_doctor.migrations.operations.objects import Type
from forge_doctor.migrations.operations.type_operations import (
    AddEnumValue,
    CreateEnum,
    CreateView,
    DropType,
    DropView,
    RenameType,
)
from forge_doctor.migrations.replay.schema import Enum, Schema


def create_enum_of(schema: Schema, type_: Type, revision: str) -> None:
    """What `create_table` makes beside the table: the enum of a column."""
    enum = type_.enum
    if enum is not None and enum.creates and enum.name not in schema.enums:
        schema.enums[enum.name] = Enum(name=enum.name, values=enum.values, since=revision, by_table=True)


def create_enum(schema: Schema, one: CreateEnum, revision: str) -> None:
    """`CREATE TYPE`."""
    if one.name not in schema.enums:
        schema.enums[one.name] = Enum(name=one.name, values=one.values, since=revision)


def drop_type(schema: Schema, one: DropType, _revision: str) -> None:
    """`DROP TYPE`."""
    schema.enums.pop(one.name, None)


def add_value(schema: Schema, one: AddEnumValue, _revision: str) -> None:
    """`ADD VALUE`."""
    enum = schema.enums.get(one.name) or Enum(name=one.name)
    if one.value not in enum.values:
        schema.enums[one.name] = replace(enum, values=(*enum.values, one.value))


def rename_type(schema: Schema, one: RenameType, _revision: str) -> None:
    """`RENAME TO`, of the type or of a value; columns of the type go with it."""
    enum = schema.enums.get(one.name)
    if enum is None:
        return
    if one.value:
        values = tuple(one.new_name if value == one.value else value for value in enum.values)
        schema.enums[one.name] = replace(enum, values=values)
        return
    schema.enums.pop(one.name)
    schema.enums[one.new_name] = replace(enum, name=one.new_name)
    for table in [*schema.tables.values()]:
        for column in table.columns.values():
            if column.type.name == one.name:
                moved = replace(column, type=replace(column.type, name=one.new_name))
                schema.tables[table.name] = schema.tables[table.name].with_column(moved)


def create_view(schema: Schema, one: CreateView, _revision: str) -> None:
    """`CREATE VIEW`."""
    schema.views.add(one.name)


def drop_view(schema: Schema, one: DropView, _revision: str) -> None:
    """`DROP VIEW`."""
    schema.views.discard(one.name)
