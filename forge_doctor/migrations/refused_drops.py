"""Drops that PostgreSQL refuses since something else still refers to what goes."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.operations.operation import DropConstraint, DropTable, Operation
from forge_doctor.migrations.operations.type_operations import DropType
from forge_doctor.migrations.replay.apply import apply
from forge_doctor.migrations.replay.schema import Schema


def refused_drops(history: History, change: Change) -> Iterator[tuple[Step, tuple[str, ...]]]:
    """Each such step with those that still need what it drops.

    What another branch made need not be there, and a constraint dropped by no known name may be any.
    """
    if not any(isinstance(step.operation, DropTable | DropType) for step in change.steps):
        return
    earlier = {one.id for one in history.tree.graph.ancestors(change.revision)} | {change.revision.id, ""}
    schema = change.before.copy()
    freed: set[str] = set()
    for step in change.steps:
        users = _users(step.operation, schema, earlier)
        users = tuple(name for name in users if name.partition(".")[0] not in freed)
        if users:
            yield step, users
        if isinstance(step.operation, DropConstraint) and HOLE in (step.operation.name or HOLE):
            freed.add(step.operation.table)
        apply(schema, step.operation, change.revision.id)


def _users(one: Operation, schema: Schema, earlier: set[str]) -> tuple[str, ...]:
    """The tables with a foreign key to a table that is dropped, the columns of a type: none where CASCADE takes them
    along."""
    tables = [table for table in schema.tables.values() if table.since in earlier]
    if isinstance(one, DropTable) and not one.cascade:
        return tuple(
            table.name
            for table in tables
            if table.name != one.table and any(key.target == one.table for key in table.constraints)
        )
    if isinstance(one, DropType) and not one.cascade:
        return tuple(
            f"{table.name}.{column.name}"
            for table in tables
            for column in table.columns.values()
            if column.type.name == one.name and table.since
        )
    return ()
