"""In what two schemas differ, told as people would; order of columns and NOT VALID count for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.operations.objects import Column
from forge_doctor.migrations.replay.schema import Schema, Table


class Difference(NamedTuple):
    """One: `what` is `table`, `column`, `index`, `constraint`, `type` or `nullable`; `left` says that the second schema
    has it and the first has not."""

    what: str
    name: str
    left: bool

    def __str__(self) -> str:
        if self.what in ("type", "nullable", "default"):
            return f"the {'NOT NULL' if self.what == 'nullable' else self.what} of {self.name} is not what it was"
        return f"{self.what} {self.name} {'stays' if self.left else 'does not come back'}"


def differences(first: Schema, second: Schema) -> tuple[Difference, ...]:
    """In what the second differs from the first."""
    return tuple(_differences(first, second))


def _differences(first: Schema, second: Schema) -> Iterator[Difference]:
    for name in sorted(second.tables.keys() - first.tables.keys()):
        if second.tables[name].since:
            yield Difference("table", name, left=True)
    for name in sorted(first.tables.keys() - second.tables.keys()):
        if first.tables[name].since:
            yield Difference("table", name, left=False)
    for name, table in first.tables.items():
        other = second.tables.get(name)
        if other is not None and other is not table:
            yield from _of_table(table, other)


def _of_table(table: Table, other: Table) -> Iterator[Difference]:
    for name in sorted(other.columns.keys() - table.columns.keys()):
        if table.is_complete or other.columns[name].type.name != "":
            yield Difference("column", f"{table.name}.{name}", left=True)
    for name in sorted(table.columns.keys() - other.columns.keys()):
        yield Difference("column", f"{table.name}.{name}", left=False)
    for name, column in table.columns.items():
        if name in other.columns:
            yield from _of_column(f"{table.name}.{name}", column, other.columns[name])
    yield from _named("index", _indexes(table), _indexes(other))
    yield from _named("constraint", _constraints(table), _constraints(other))


def _of_column(name: str, column: Column, other: Column) -> Iterator[Difference]:
    known = column.type.name and other.type.name and -1 not in (*column.type.args, *other.type.args)
    if known and (column.type.name, column.type.args) != (other.type.name, other.type.args):
        yield Difference("type", name, left=True)
    if column.nullable != other.nullable:
        yield Difference("nullable", name, left=True)


def _named(what: str, before: frozenset[str], after: frozenset[str]) -> Iterator[Difference]:
    yield from (Difference(what, name, left=True) for name in sorted(after - before))
    yield from (Difference(what, name, left=False) for name in sorted(before - after))


def _indexes(table: Table) -> frozenset[str]:
    return frozenset(one.name for one in table.indexes if one.name and HOLE not in one.name)


def _constraints(table: Table) -> frozenset[str]:
    """Those whose names are certain."""
    return frozenset(one.name for one in table.constraints if one.name and one.name[0] != "~" and HOLE not in one.name)
