"""Pairs of a drop and an addition that look like a rename seen by autogenerate."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.migrations.history import Change, Step
from forge_doctor.migrations.operations.objects import Column, Type
from forge_doctor.migrations.operations.operation import (
    AddColumn,
    ChangeRows,
    CreateTable,
    DropColumn,
    DropTable,
    Unresolved,
)

ALIKE = 0.6
FEWEST_COLUMNS = 3


class Replacement(NamedTuple):
    """What is dropped and what is added in its place; `is_only` says that the revision adds and drops nothing else of
    the table."""

    drop: Step
    addition: Step
    old: str
    new: str
    is_only: bool


def replacements(change: Change) -> tuple[Replacement, ...]:
    """The pairs of a revision whose data is not carried over."""
    return (*_columns(change), *_tables(change))


def _moves_rows(change: Change, table: str) -> bool:
    """Whether a statement writes that table, or may."""
    return any(
        isinstance(step.operation, Unresolved)
        or (isinstance(step.operation, ChangeRows) and step.operation.table in (table, "", "\0"))
        for step in change.steps
    )


def _columns(change: Change) -> Iterator[Replacement]:
    added: dict[tuple[str, Type], list[Step]] = {}
    dropped: dict[tuple[str, Type], list[Step]] = {}
    for step in change.steps:
        one = step.operation
        if isinstance(one, AddColumn) and not step.new_table and one.is_resolved:
            added.setdefault((one.table, _bare(one.column)), []).append(step)
        elif isinstance(one, DropColumn) and not step.new_table and step.before is not None:
            column = step.before.columns.get(one.column)
            if column is not None and column.type.name:
                dropped.setdefault((one.table, _bare(column)), []).append(step)
    for key, drops in dropped.items():
        additions = added.get(key, [])
        if len(drops) == 1 == len(additions) and not _moves_rows(change, key[0]):
            is_only = sum(table == key[0] for table, _ in (*added, *dropped)) == 2
            yield from _pair(drops[0], additions[0], is_only=is_only)


def _bare(column: Column) -> Type:
    return Type(name=column.type.name, args=column.type.args, array=column.type.array)


def _pair(drop: Step, addition: Step, *, is_only: bool) -> Iterator[Replacement]:
    old, new = drop.operation, addition.operation
    if isinstance(old, DropColumn) and isinstance(new, AddColumn) and are_alike(old.column, new.column.name):
        yield Replacement(drop, addition, old.column, new.column.name, is_only)


def are_alike(old: str, new: str) -> bool:
    """Whether one name may be the other's new form."""
    if old == new:
        return False
    return old in new or new in old or difflib.SequenceMatcher(None, old, new).ratio() >= ALIKE


def _tables(change: Change) -> Iterator[Replacement]:
    created = [step for step in change.steps if isinstance(step.operation, CreateTable)]
    for drop in change.steps:
        one, before = drop.operation, drop.before
        if not isinstance(one, DropTable) or before is None or drop.new_table or len(before.columns) < FEWEST_COLUMNS:
            continue
        for addition in created:
            new = addition.operation
            same = isinstance(new, CreateTable) and {c.name for c in new.columns} == set(before.columns)
            if isinstance(new, CreateTable) and same and new.table != one.table and not _moves_rows(change, new.table):
                yield Replacement(drop, addition, one.table, new.table, is_only=True)
