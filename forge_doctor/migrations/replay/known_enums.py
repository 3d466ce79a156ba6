"""Tells of the types that SQL names by their bare name which of them are enumerations that revisions have made."""

from __future__ import annotations

from collections.abc import Mapping

from forge_doctor.dataclass import replace
from forge_doctor.migrations.operations.objects import Column, EnumType, Type
from forge_doctor.migrations.operations.operation import AddColumn, AlterColumn, CreateTable, Operation
from forge_doctor.migrations.replay.schema import Enum


def with_known_enums(operation: Operation, enums: Mapping[str, Enum]) -> Operation:
    """The same operation, where each type that one of these enumerations names is that enumeration."""
    if not enums:
        return operation
    if isinstance(operation, AlterColumn):
        new, old = (None if one is None else _type(one, enums) for one in (operation.type, operation.existing_type))
        same = (new, old) == (operation.type, operation.existing_type)
        return operation if same else replace(operation, type=new, existing_type=old)
    if isinstance(operation, AddColumn):
        column = _column(operation.column, enums)
        return operation if column is operation.column else replace(operation, column=column)
    if isinstance(operation, CreateTable):
        columns = tuple(_column(one, enums) for one in operation.columns)
        return operation if columns == operation.columns else replace(operation, columns=columns)
    return operation


def _column(column: Column, enums: Mapping[str, Enum]) -> Column:
    type_ = _type(column.type, enums)
    return column if type_ is column.type else replace(column, type=type_)


def _type(type_: Type, enums: Mapping[str, Enum]) -> Type:
    made = enums.get(type_.name) if type_.enum is None else None
    if made is None:
        return type_
    return replace(type_, enum=EnumType(name=made.name, values=made.values, creates=False))
