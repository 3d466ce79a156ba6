"""Applies one operation to a schema; what it names and nobody made is taken to be there, and not to be known whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from forge_doctor.dataclass import replace
from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.operations.objects import Column, Constraint, Index, Type
from forge_doctor.migrations.operations.operation import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    OnTable,
    Operation,
    RenameTable,
    Unresolved,
    ValidateConstraint,
)
from forge_doctor.migrations.operations.type_operations import (
    AddEnumValue,
    CreateEnum,
    CreateView,
    DropType,
    DropView,
    RenameType,
)
from forge_doctor.migrations.replay.apply_types import (
    add_value,
    create_enum,
    create_enum_of,
    create_view,
    drop_type,
    drop_view,
    rename_type,
)
from forge_doctor.migrations.replay.names import drop_named, named
from forge_doctor.migrations.replay.schema import Schema, Table
from forge_doctor.sql.quoting import split_name


def apply(schema: Schema, operation: Operation, revision: str) -> None:
    """Change the schema as the operation does; `revision` is whose operation it is."""
    if isinstance(operation, OnTable) and operation.table and not operation.is_resolved:
        schema.is_complete = False
        if operation.table in schema.tables:
            schema.tables[operation.table] = replace(schema.tables[operation.table], is_complete=False)
        return
    judge = JUDGES.get(type(operation))
    if judge is not None:
        judge(schema, operation, revision)


def _table(schema: Schema, name: str) -> Table:
    return schema.tables.get(name) or Table(name=name)


def _put(schema: Schema, table: Table) -> None:
    schema.tables[table.name] = table


def _create_table(schema: Schema, one: CreateTable, revision: str) -> None:
    if one.temporary or (one.if_not_exists and one.table in schema.tables):
        return
    for column in one.columns:
        create_enum_of(schema, column.type, revision)
    keys = [given for column in one.columns for given in column.constraints]
    keys += [
        Constraint(kind="unique", columns=(column.name,))
        for column in one.columns
        if column.unique and not column.index
    ]
    primary = tuple(column.name for column in one.columns if column.primary_key)
    if primary:
        keys.append(Constraint(kind="primary key", columns=primary))
    _put(
        schema,
        Table(
            name=one.table,
            columns={column.name: column for column in one.columns},
            constraints=tuple(named(given, one.table) for given in (*one.constraints, *keys)),
            indexes=one.indexes,
            is_complete=one.is_complete,
            since=revision,
        ),
    )


def _drop_table(schema: Schema, one: DropTable, _revision: str) -> None:
    schema.tables.pop(one.table, None)
    if one.cascade:
        for table in [*schema.tables.values()]:
            kept = tuple(given for given in table.constraints if given.target != one.table)
            if len(kept) != len(table.constraints):
                _put(schema, replace(table, constraints=kept))


def _rename_table(schema: Schema, one: RenameTable, _revision: str) -> None:
    table = _table(schema, one.table)
    schema.tables.pop(one.table, None)
    _put(schema, replace(table, name=one.new_name))
    for other in [*schema.tables.values()]:
        if any(given.target == one.table for given in other.constraints):
            moved = tuple(
                replace(given, target=one.new_name) if given.target == one.table else given
                for given in other.constraints
            )
            _put(schema, replace(other, constraints=moved))


def _add_column(schema: Schema, one: AddColumn, _revision: str) -> None:
    table = _table(schema, one.table)
    if one.if_not_exists and one.column.name in table.columns:
        return
    column = one.column
    keys = [*column.constraints]
    if column.unique and not column.index:
        keys.append(Constraint(kind="unique", columns=(column.name,)))
    if column.primary_key:
        keys.append(Constraint(kind="primary key", columns=(column.name,)))
    indexes = table.indexes
    if column.index:
        name = f"ix_{table.name.rpartition('.')[2]}_{column.name}"
        indexes = (*indexes, Index(name=name, table=table.name, columns=(column.name,), unique=column.unique))
    constraints = (*table.constraints, *(named(given, table.name) for given in keys))
    _put(schema, replace(table.with_column(column), constraints=constraints, indexes=indexes))


def _drop_column(schema: Schema, one: DropColumn, _revision: str) -> None:
    table = _table(schema, one.table)
    _put(
        schema,
        replace(
            table,
            columns={name: column for name, column in table.columns.items() if name != one.column},
            constraints=tuple(given for given in table.constraints if one.column not in given.columns),
            indexes=tuple(index for index in table.indexes if one.column not in index.columns),
        ),
    )


def _alter_column(schema: Schema, one: AlterColumn, _revision: str) -> None:
    table = _table(schema, one.table)
    # What it says of a type it does not change nobody has checked: PostgreSQL is not told.
    told = one.existing_type if one.type is not None else None
    column = table.columns.get(one.column) or Column(name=one.column, type=told or Type())
    if one.nullable is not None:
        column = replace(column, nullable=one.nullable)
    if one.type is not None:
        column = replace(column, type=one.type)
    if one.default is not None or one.drop_default:
        column = replace(column, default=one.default)
    if one.identity:
        column = replace(column, identity=True)
    if one.new_name:
        table = _renamed_column(table, one.column, one.new_name)
        column = replace(column, name=one.new_name)
    _put(schema, table.with_column(column))


def _renamed_column(table: Table, old: str, new: str) -> Table:
    def moved(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if name == old else name for name in names)

    return replace(
        table,
        columns={name: column for name, column in table.columns.items() if name != old},
        constraints=tuple(replace(given, columns=moved(given.columns)) for given in table.constraints),
        indexes=tuple(replace(index, columns=moved(index.columns)) for index in table.indexes),
    )


def _create_index(schema: Schema, one: CreateIndex, _revision: str) -> None:
    table = _table(schema, one.table)
    if one.index.name is not None and table.index(one.index.name) is not None:
        return
    _put(schema, replace(table, indexes=(*table.indexes, one.index)))


def _drop_index(schema: Schema, one: DropIndex, _revision: str) -> None:
    bare = split_name(one.name or "")[-1]
    table = schema.tables.get(one.table) if one.table else schema.table_of_index(bare)
    if table is not None:
        _put(schema, replace(table, indexes=tuple(index for index in table.indexes if index.name != bare)))


def _add_constraint(schema: Schema, one: AddConstraint, _revision: str) -> None:
    table = _table(schema, one.table)
    given = one.constraint
    if given.using_index:
        index = table.index(given.using_index)
        columns = given.columns if index is None else index.columns
        given = replace(given, columns=columns, name=given.name or given.using_index)
        table = replace(
            table, indexes=tuple(other for other in table.indexes if other.name != one.constraint.using_index)
        )
    if given.kind == "primary key":
        for name in given.columns:
            if name in table.columns:
                table = table.with_column(replace(table.columns[name], nullable=False))
    _put(schema, replace(table, constraints=(*table.constraints, named(given, table.name))))


def _drop_constraint(schema: Schema, one: DropConstraint, _revision: str) -> None:
    table = _table(schema, one.table)
    _put(schema, replace(table, constraints=drop_named(table, one.name, one.kind)))


def _validate(schema: Schema, one: ValidateConstraint, _revision: str) -> None:
    table = _table(schema, one.table)
    valid = tuple(replace(given, not_valid=False) if given.name == one.name else given for given in table.constraints)
    _put(schema, replace(table, constraints=valid))


def _alter_table(schema: Schema, one: AlterTable, _revision: str) -> None:
    """Renames of constraints and indexes; a change of a kind that is not followed leaves the table unknown."""
    if not one.what.startswith("RENAME"):
        if one.what not in HARMLESS:
            _put(schema, replace(_table(schema, one.table), is_complete=False))
        return
    old = one.what.split(" ", 2)[2]
    table = schema.tables.get(one.table) or schema.table_of_index(one.table)
    if table is not None:
        name = one.table if table.name != one.table else old
        _put(
            schema,
            replace(
                table,
                constraints=tuple(replace(c, name=one.other) if c.name == name else c for c in table.constraints),
                indexes=tuple(replace(i, name=one.other) if i.name == name else i for i in table.indexes),
            ),
        )


HARMLESS = frozenset(
    {"AT_SetRelOptions", "AT_ResetRelOptions", "AT_EnableRowSecurity", "AT_DisableRowSecurity", "AT_ForceRowSecurity",
     "AT_ReplicaIdentity", "AT_ChangeOwner", "AT_EnableTrig", "AT_DisableTrig", "CLUSTER", "VACUUM", "VACUUM FULL",
     "ANALYZE", "TRUNCATE", "LOCK", "REFRESH", "AT_SetLogged", "AT_SetUnLogged", "AT_AttachPartition"}
)  # fmt: skip


def _unresolved(schema: Schema, one: Unresolved, _revision: str) -> None:
    if HOLE not in one.what or one.what:
        schema.is_complete = False


JUDGES: Mapping[type[Operation], Callable[[Schema, Any, str], None]] = {
    CreateTable: _create_table,
    DropTable: _drop_table,
    RenameTable: _rename_table,
    AddColumn: _add_column,
    DropColumn: _drop_column,
    AlterColumn: _alter_column,
    CreateIndex: _create_index,
    DropIndex: _drop_index,
    AddConstraint: _add_constraint,
    DropConstraint: _drop_constraint,
    ValidateConstraint: _validate,
    AlterTable: _alter_table,
    CreateEnum: create_enum,
    DropType: drop_type,
    AddEnumValue: add_value,
    RenameType: rename_type,
    CreateView: create_view,
    DropView: drop_view,
    Unresolved: _unresolved,
}
