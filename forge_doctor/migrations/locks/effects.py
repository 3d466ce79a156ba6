"""The effect of each operation, by what it is and what the schema was before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.locks.effect import (
    ACCESS_EXCLUSIVE,
    EXCLUSIVE,
    ROW_EXCLUSIVE,
    ROW_SHARE,
    SHARE,
    SHARE_ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
    Effect,
    Lock,
)
from forge_doctor.migrations.locks.type_changes import Rewrite, type_change
from forge_doctor.migrations.operations.objects import Column, Type
from forge_doctor.migrations.operations.operation import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    ChangeRows,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    OnTable,
    Operation,
    Reindex,
    RenameTable,
    ValidateConstraint,
)
from forge_doctor.migrations.replay.names import matching
from forge_doctor.migrations.replay.proofs import is_proven_not_null
from forge_doctor.migrations.replay.schema import Schema
from forge_doctor.sql.quoting import split_name

NONE = Effect()


def effect_of(operation: Operation, schema: Schema) -> Effect:
    """What an operation does when it meets that schema."""
    if isinstance(operation, OnTable) and operation.table and not operation.is_resolved:
        return Effect(unknown=True)
    judge = JUDGES.get(type(operation))
    return NONE if judge is None else judge(operation, schema)


def _locks(*pairs: tuple[str, str]) -> tuple[Lock, ...]:
    """Each table once, with the mode given first."""
    found: dict[str, str] = {}
    for table, mode in pairs:
        if table and HOLE not in table:
            found.setdefault(table, mode)
    return tuple(Lock(table=table, mode=mode) for table, mode in found.items())


def _alone(table: str) -> tuple[Lock, ...]:
    return _locks((table, ACCESS_EXCLUSIVE))


def _create_table(one: CreateTable, _schema: Schema) -> Effect:
    keys = [key for column in one.columns for key in column.constraints] + [*one.constraints]
    targets = dict.fromkeys(key.target for key in keys if key.kind == "foreign key" and key.target != one.table)
    parent = ((one.partition_of, ACCESS_EXCLUSIVE),) if one.partition_of else ()
    return Effect(locks=_locks(*parent, *((target, SHARE_ROW_EXCLUSIVE) for target in targets)))


def _targets(table: str, schema: Schema, column: str = "") -> Iterable[str]:
    """The tables that foreign keys of a table (or of one column of it) refer to."""
    known = schema.tables.get(table)
    for one in known.constraints if known is not None else ():
        if one.kind == "foreign key" and (not column or column in one.columns):
            yield one.target


def _drop_table(one: DropTable, schema: Schema) -> Effect:
    named = (one.table, *_targets(one.table, schema))
    return Effect(locks=_locks(*((table, ACCESS_EXCLUSIVE) for table in named)))


def _add_column(one: AddColumn, _schema: Schema) -> Effect:
    column = one.column
    targets = [key.target for key in column.constraints if key.kind == "foreign key"]
    rewrites = is_filled_row_by_row(column)
    builds = column.unique or column.index or column.primary_key
    scans = bool(column.constraints) or (builds and not rewrites)
    fails = not column.nullable and column.default is None and not rewrites and not column.generated
    return Effect(
        locks=_locks((one.table, ACCESS_EXCLUSIVE), *((target, SHARE_ROW_EXCLUSIVE) for target in targets)),
        rewrites=(one.table,) if rewrites else (),
        scans=(one.table,) if scans else (),
        builds=(one.table,) if builds else (),
        fails="each row that is there has no value for it" if fails else "",
    )


def is_filled_row_by_row(column: Column) -> bool:
    """Whether each row gets a value of its own when the column is added."""
    volatile = column.default is not None and column.default.is_volatile
    return volatile or column.identity or column.type.serial or column.generated == "stored"


def _drop_column(one: DropColumn, schema: Schema) -> Effect:
    named = (one.table, *_targets(one.table, schema, one.column))
    return Effect(locks=_locks(*((table, ACCESS_EXCLUSIVE) for table in named)))


def old_type(one: AlterColumn, schema: Schema) -> Type | None:
    """The type a column has: as the revisions made it, else as this one says."""
    table = schema.tables.get(one.table)
    column = None if table is None else table.columns.get(one.column)
    return column.type if column is not None and column.type.name else one.existing_type


def rewrite_of(one: AlterColumn, schema: Schema) -> Rewrite:
    """What the change of type costs, if there is one."""
    return Rewrite.NO if one.type is None else type_change(old_type(one, schema), one.type, one.using)


def _alter_column(one: AlterColumn, schema: Schema) -> Effect:
    if one.other == "AT_SetStatistics":
        return Effect(locks=_locks((one.table, SHARE_UPDATE_EXCLUSIVE)))
    changes = (one.nullable, one.type, one.default, one.new_name or None, one.other or None, one.drop_default or None)
    if all(change is None for change in changes) and not one.identity:
        return NONE
    rewrite = rewrite_of(one, schema)
    scans = one.nullable is False and not is_proven_not_null(schema.tables.get(one.table), one.column)
    return Effect(
        locks=_alone(one.table),
        rewrites=(one.table,) if rewrite is Rewrite.YES or one.other == "AT_SetExpression" else (),
        scans=(one.table,) if scans else (),
        unknown=rewrite in (Rewrite.UNKNOWN, Rewrite.UNLESS_UTC),
    )


def _create_index(one: CreateIndex, _schema: Schema) -> Effect:
    mode = SHARE_UPDATE_EXCLUSIVE if one.concurrently else SHARE
    return Effect(locks=_locks((one.table, mode)), scans=(one.table,), builds=(one.table,))


def table_of_index(one: DropIndex | Reindex, schema: Schema) -> str:
    """The table whose index it is; empty where that is not known."""
    if one.table:
        return one.table
    found = schema.table_of_index(split_name(one.name or "")[-1])
    return "" if found is None else found.name


def _drop_index(one: DropIndex, schema: Schema) -> Effect:
    mode = SHARE_UPDATE_EXCLUSIVE if one.concurrently else ACCESS_EXCLUSIVE
    return Effect(locks=_locks((table_of_index(one, schema), mode)))


def _reindex(one: Reindex, schema: Schema) -> Effect:
    table = table_of_index(one, schema)
    mode = SHARE_UPDATE_EXCLUSIVE if one.concurrently else SHARE
    return Effect(locks=_locks((table, mode)), scans=(table,) if table else (), builds=(table,) if table else ())


def _add_constraint(one: AddConstraint, schema: Schema) -> Effect:
    given, table = one.constraint, one.table
    if given.kind == "foreign key":
        both = tuple(dict.fromkeys((table, given.target)))
        scans = () if given.not_valid else tuple(name for name in both if HOLE not in name)
        return Effect(locks=_locks(*((name, SHARE_ROW_EXCLUSIVE) for name in both)), scans=scans)
    if given.using_index:
        known = schema.tables.get(table)
        index = None if known is None else known.index(given.using_index)
        proven = index is not None and all(is_proven_not_null(known, name) for name in index.columns)
        scans = () if given.kind != "primary key" or proven else (table,)
        return Effect(locks=_alone(table), scans=scans)
    builds = given.kind in ("unique", "primary key", "exclude")
    scans = () if given.not_valid and not builds else (table,)
    return Effect(locks=_alone(table), scans=scans, builds=(table,) if builds else ())


def _drop_constraint(one: DropConstraint, schema: Schema) -> Effect:
    known = schema.tables.get(one.table)
    given = None if known is None else matching(known, one.name, one.kind)
    target = given.target if given is not None and given.kind == "foreign key" else ""
    return Effect(locks=_locks((one.table, ACCESS_EXCLUSIVE), (target, ACCESS_EXCLUSIVE)))


def _validate(one: ValidateConstraint, schema: Schema) -> Effect:
    known = schema.tables.get(one.table)
    given = None if known is None else known.constraint(one.name)
    target = given.target if given is not None and given.kind == "foreign key" else ""
    scans = tuple(name for name in (one.table, target) if name and HOLE not in name)
    return Effect(locks=_locks((one.table, SHARE_UPDATE_EXCLUSIVE), (target, ROW_SHARE)), scans=scans)


REWRITING = frozenset(
    {
        "CLUSTER",
        "VACUUM FULL",
        "AT_SetLogged",
        "AT_SetUnLogged",
        "AT_SetTableSpace",
        "AT_SetAccessMethod",
        "AT_AlterType",
    }
)
# Modes weaker than ACCESS EXCLUSIVE, which an ALTER TABLE takes otherwise.
WEAKER: Mapping[str, str] = {
    "AT_SetRelOptions": SHARE_UPDATE_EXCLUSIVE,
    "AT_ResetRelOptions": SHARE_UPDATE_EXCLUSIVE,
    "AT_ClusterOn": SHARE_UPDATE_EXCLUSIVE,
    "AT_DropCluster": SHARE_UPDATE_EXCLUSIVE,
    "AT_EnableTrig": SHARE_ROW_EXCLUSIVE,
    "AT_DisableTrig": SHARE_ROW_EXCLUSIVE,
    "AT_EnableTrigAll": SHARE_ROW_EXCLUSIVE,
    "AT_DisableTrigAll": SHARE_ROW_EXCLUSIVE,
    "AT_AttachPartition": SHARE_UPDATE_EXCLUSIVE,
    "VACUUM": SHARE_UPDATE_EXCLUSIVE,
    "ANALYZE": SHARE_UPDATE_EXCLUSIVE,
}


def _alter_table(one: AlterTable, _schema: Schema) -> Effect:
    mode = WEAKER.get(one.what, ACCESS_EXCLUSIVE)
    if one.what == "REFRESH":
        mode = EXCLUSIVE if one.concurrently else ACCESS_EXCLUSIVE
        return Effect(locks=_locks((one.table, mode)), rewrites=(one.table,))
    if "Partition" in one.what:
        mode = SHARE_UPDATE_EXCLUSIVE if one.concurrently else mode
        scans = (one.other,) if one.what == "AT_AttachPartition" and one.other else ()
        return Effect(locks=_locks((one.table, mode), (one.other, ACCESS_EXCLUSIVE)), scans=scans)
    return Effect(locks=_locks((one.table, mode)), rewrites=(one.table,) if one.what in REWRITING else ())


def _change_rows(one: ChangeRows, _schema: Schema) -> Effect:
    scans = () if one.is_limited or not one.table else (one.table,)
    return Effect(locks=_locks((one.table, ROW_EXCLUSIVE)), scans=scans)


JUDGES: Mapping[type[Operation], Callable[[Any, Schema], Effect]] = {
    CreateTable: _create_table,
    DropTable: _drop_table,
    RenameTable: lambda one, _schema: Effect(locks=_alone(one.table)),
    AddColumn: _add_column,
    DropColumn: _drop_column,
    AlterColumn: _alter_column,
    CreateIndex: _create_index,
    DropIndex: _drop_index,
    Reindex: _reindex,
    AddConstraint: _add_constraint,
    DropConstraint: _drop_constraint,
    ValidateConstraint: _validate,
    AlterTable: _alter_table,
    ChangeRows: _change_rows,
}
