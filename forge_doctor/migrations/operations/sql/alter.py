"""The commands of ALTER TABLE, and of RENAME, as operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.operations.operation import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    DropColumn,
    DropConstraint,
    Operation,
    OtherSql,
    RenameTable,
    ValidateConstraint,
    Written,
)
from forge_doctor.migrations.operations.sql.columns import column_of, constraint_of, default_of
from forge_doctor.migrations.operations.sql.tree import Tree, dotted, held, strings, table_of, type_of_name
from forge_doctor.migrations.operations.type_operations import RenameType
from forge_doctor.sql.quoting import join_name, split_name

Maker = Callable[[Written, str, Tree], Operation]


def _add_column(written: Written, table: str, command: Tree) -> Operation:
    column = column_of(command["def"]["ColumnDef"])
    return AddColumn(written=written, table=table, column=column, if_not_exists=bool(command.get("missing_ok")))


def _alter_type(written: Written, table: str, command: Tree) -> Operation:
    definition = command["def"]["ColumnDef"]
    return AlterColumn(
        written=written,
        table=table,
        column=held(command.get("name", "")),
        type=type_of_name(definition.get("typeName")),
        using=HOLE if "raw_default" in definition else "",
    )


def _default(written: Written, table: str, command: Tree) -> Operation:
    given = command.get("def")
    return AlterColumn(
        written=written,
        table=table,
        column=held(command.get("name", "")),
        default=None if given is None else default_of(given),
        drop_default=given is None,
    )


def _drop(written: Written, table: str, command: Tree) -> Operation:
    cascade, missing = command.get("behavior") == "DROP_CASCADE", bool(command.get("missing_ok"))
    name = held(command.get("name", ""))
    if command["subtype"] == "AT_DropColumn":
        return DropColumn(written=written, table=table, column=name, if_exists=missing, cascade=cascade)
    return DropConstraint(written=written, table=table, name=name, if_exists=missing, cascade=cascade)


def _nullable(*, nullable: bool) -> Maker:
    return lambda written, table, command: AlterColumn(
        written=written, table=table, column=held(command.get("name", "")), nullable=nullable
    )


COMMANDS: Mapping[str, Maker] = {
    "AT_AddColumn": _add_column,
    "AT_AlterColumnType": _alter_type,
    "AT_ColumnDefault": _default,
    "AT_DropColumn": _drop,
    "AT_DropConstraint": _drop,
    "AT_SetNotNull": _nullable(nullable=False),
    "AT_DropNotNull": _nullable(nullable=True),
    "AT_AddConstraint": lambda written, table, command: AddConstraint(
        written=written, table=table, constraint=constraint_of(command["def"]["Constraint"])
    ),
    "AT_ValidateConstraint": lambda written, table, command: ValidateConstraint(
        written=written, table=table, name=held(command.get("name", ""))
    ),
    "AT_AddIdentity": lambda written, table, command: AlterColumn(
        written=written, table=table, column=held(command.get("name", "")), identity=True
    ),
}
# They change a column and need no more than a name.
OF_COLUMN = ("AT_SetStatistics", "AT_SetStorage", "AT_SetExpression", "AT_DropExpression", "AT_SetCompression")


def altered(written: Written, tree: Tree) -> Iterator[Operation]:
    """The operations of an ALTER TABLE, one a command."""
    if tree.get("objtype", "OBJECT_TABLE") != "OBJECT_TABLE":
        yield OtherSql(written=written, kind="AlterTableStmt")
        return
    table = table_of(tree.get("relation"))
    for one in tree.get("cmds", []):
        command = one.get("AlterTableCmd", {})
        kind = str(command.get("subtype", ""))
        maker = COMMANDS.get(kind)
        if maker is not None:
            yield maker(written, table, command)
        elif kind in OF_COLUMN:
            yield AlterColumn(written=written, table=table, column=held(command.get("name", "")), other=kind)
        else:
            inner = command.get("def", {}).get("PartitionCmd", {})
            other, concurrent = table_of(inner.get("name")), bool(inner.get("concurrent"))
            yield AlterTable(written=written, table=table, what=kind, other=other, concurrently=concurrent)


def renamed(written: Written, tree: Tree) -> Iterator[Operation]:
    """The operations of ALTER ... RENAME."""
    kind, new, old = tree.get("renameType"), held(str(tree.get("newname", ""))), held(str(tree.get("subname", "")))
    table = table_of(tree.get("relation"))
    if kind == "OBJECT_COLUMN" and tree.get("relationType", "OBJECT_TABLE") == "OBJECT_TABLE":
        yield AlterColumn(written=written, table=table, column=old, new_name=new)
    elif kind == "OBJECT_TABLE":
        new_name = join_name(*split_name(table)[:-1], new)
        yield RenameTable(written=written, table=table, new_name=new_name)
    elif kind == "OBJECT_TYPE":
        name = dotted(strings(tree.get("object", {}).get("List", {}).get("items")))
        yield RenameType(written=written, name=name, new_name=new)
    elif kind in ("OBJECT_TABCONSTRAINT", "OBJECT_INDEX"):
        yield AlterTable(written=written, table=table, what=f"RENAME {kind} {old}", other=new)
    else:
        yield OtherSql(written=written, kind="RenameStmt")
