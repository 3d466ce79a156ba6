"""Drops that PostgreSQL refuses since something else still refers to what goes."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.operations.operation import DropConstraint, DropTable, Operation
from forge_doctor.migrations.operations.type_operations import DropType
from forge_doctor.migrations.replay.apply import apply
from forge_doctor.migrations.replay.schema import Schema, Table


def refused_drops(history: History, change: Change) -> Iterator[tuple[Step, tuple[str, ...]]]:
    """Each such step with those that still need what it drops.

    What another branch made need not be there, and a constraint dropped by no known name may be any.
    """
    if not any(isinstance(step.operation, DropTable | DropType) for step in change.steps):
        return
    schema = change.before.copy()
    freed: set[str] = set()
    for step in change.steps:
        needing = [(table, user) for table, user in _users(step.operation, schema) if table.name not in freed]
        if needing:  # seldom: what came earlier is a walk over all revisions
            earlier = {one.id for one in history.tree.graph.ancestors(change.revision)} | {change.revision.id, ""}
            users = tuple(user for table, user in needing if table.since in earlier)
            if users:
                yield step, users
        if isinstance(step.operation, DropConstraint) and HOLE in (step.operation.name or HOLE):
            freed.add(step.operation.table)
        apply(schema, step.operation, change.revision.id)


def _users(one: Operation, schema: Schema) -> Iterator[tuple[Table, str]]:
    """The tables with a foreign key to a table that is dropped, the columns of a type: none where CASCADE takes them
    along."""
    if isinstance(one, DropTable) and not one.cascade:
        for table in schema.tables.values():
            if table.name != one.table and any(key.target == one.table for key in table.constraints):
                yield table, table.name
    if isinstance(one, DropType) and not one.cascade:
        for table in schema.tables.values():
            for column in table.columns.values():
                if column.type.name == one.name and table.since:
                    yield table, f"{table.name}.{column.name}"
