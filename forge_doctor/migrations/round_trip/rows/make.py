"""Which tables get rows, in which order, and what their rows hold; asks the server nothing."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from forge_doctor.dataclass import dataclass
from forge_doctor.migrations.round_trip.rows.candidates import candidates
from forge_doctor.migrations.round_trip.rows.shape import Column, ForeignKey, Table
from forge_doctor.migrations.round_trip.rows.values import value_of

ROWS = 3
MOST_COMBINATIONS = 1500

Row = Mapping[str, str | None]  # column -> text of its value, None for NULL
Made = Mapping[int, Sequence[Row]]  # table -> its rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a row may hold: `choices` for each column, all but the first tried only where a check refuses it."""

    choices: Mapping[str, tuple[str | None, ...]]


def order(tables: Iterable[Table]) -> tuple[Table, ...]:
    """Every table behind those it refers to; in a circle, behind those it must refer to; what is left comes last."""
    waiting = {table.id: table for table in tables}
    ordered: list[Table] = []
    while waiting:
        ready = _ready(waiting, _named) or _ready(waiting, _needed)[:1] or [next(iter(waiting))]
        ordered += [waiting.pop(id_) for id_ in ready]
    return tuple(ordered)


def _ready(waiting: Mapping[int, Table], wanted: Callable[[Table], set[int]]) -> list[int]:
    return [one.id for one in waiting.values() if not wanted(one) & (waiting.keys() - {one.id})]


def _named(table: Table) -> set[int]:
    return {key.table for key in table.foreign_keys}


def _needed(table: Table) -> set[int]:
    return {key.table for key in table.foreign_keys if not _optional(table, key)}


def drafts(table: Table, made: Made) -> tuple[Draft, ...] | str:
    """What the rows of a table may hold, given those it refers to; a sentence where it can have none."""
    keys = {}
    for key in table.foreign_keys:
        rows = _referred(table, key, made)
        if isinstance(rows, str):
            return rows
        keys[key] = rows
    unknown = [
        one for one in table.writable if one.not_null and value_of(one.type, 1) is None and not _in_key(one, keys)
    ]
    if unknown:
        return f"{unknown[0].name} is a {unknown[0].type.name}, of which no value is known"
    return tuple(Draft(choices=_choices(table, number, keys)) for number in range(1, _limit(table, keys) + 1))


def _in_key(column: Column, keys: Iterable[ForeignKey]) -> bool:
    return any(column.name in key.columns for key in keys)


def _referred(table: Table, key: ForeignKey, made: Made) -> Sequence[Row] | str | None:
    """The rows a key may name; None where it stays NULL."""
    if key.table == table.id:
        # A row may name itself; one that need not names nobody.
        return None if _optional(table, key) else ()
    rows = made.get(key.table, ())
    if rows:
        return rows
    if _optional(table, key):
        return None
    return f"it must refer to a table without rows ({', '.join(key.columns)})"


def _optional(table: Table, key: ForeignKey) -> bool:
    return any(not table.column(name).not_null for name in key.columns)


def _limit(table: Table, keys: Mapping[ForeignKey, Sequence[Row] | None]) -> int:
    """As many rows as the unique keys leave room for."""
    limit = ROWS
    for unique in table.unique:
        room = 1
        for name in unique:
            room *= _room(table.column(name), keys)
        limit = min(limit, max(room, 1))
    return limit


def _room(column: Column, keys: Mapping[ForeignKey, Sequence[Row] | None]) -> int:
    for key, rows in keys.items():
        if column.name in key.columns and rows:
            return len(rows)
    return len({value_of(column.type, number) for number in range(1, ROWS + 1)})


def _choices(
    table: Table, number: int, keys: Mapping[ForeignKey, Sequence[Row] | None]
) -> Mapping[str, tuple[str | None, ...]]:
    found: dict[str, tuple[str | None, ...]] = {}
    for column in table.writable:
        checks = [*column.checks, *(text for text in table.checks if mentions(text, column.name))]
        plain = value_of(column.type, number)
        found[column.name] = candidates(column, checks, number) if checks else (plain,)
    for key, rows in keys.items():
        if rows is None:
            found.update({name: (None,) for name in key.columns if not table.column(name).not_null})
        elif key.table == table.id:
            found.update({name: found[other] for name, other in zip(key.columns, key.referenced, strict=True)})
        else:
            row = rows[(number - 1) % len(rows)]
            found.update({name: (row.get(other),) for name, other in zip(key.columns, key.referenced, strict=True)})
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Columns that some check sees together, and those checks; domains' checks come with their column."""

    columns: tuple[Column, ...]
    checks: tuple[str, ...]


def groups(table: Table) -> tuple[Group, ...]:
    """The checked columns in as many groups as are independent of each other."""
    sets: list[set[str]] = [{one.name} for one in table.writable if one.checks]
    for text in table.checks:
        named = {one.name for one in table.columns if mentions(text, one.name)}
        joined = [one for one in sets if one & named]
        sets = [one for one in sets if not one & named] + [named.union(*joined)]
    return tuple(_group(table, names) for names in sets if names)


def _group(table: Table, names: set[str]) -> Group:
    checks = tuple(text for text in table.checks if any(mentions(text, name) for name in names))
    return Group(columns=tuple(one for one in table.writable if one.name in names), checks=checks)


def mentions(text: str, column: str) -> bool:
    """Whether an expression names the column."""
    doubled = column.replace('"', '""')
    return f'"{doubled}"' in text or re.search(rf'(?<![\w"]){re.escape(column)}(?![\w"])', text) is not None


def combinations(draft: Draft, columns: Iterable[str]) -> tuple[Row, ...]:
    """What these columns may hold together, the ordinary first: one changed, then two, then more, as far as is affordable."""
    choices = {name: draft.choices[name] for name in columns}
    plain = {name: inner[0] for name, inner in choices.items()}
    tried: dict[tuple[str | None, ...], Row] = {tuple(plain.values()): plain}
    layer: list[Row] = [plain]
    for _ in choices:
        following: list[Row] = []
        for row, name in itertools.product(layer, choices):
            for choice in choices[name][1:]:
                changed = {**row, name: choice}
                if tuple(changed.values()) not in tried:
                    tried[tuple(changed.values())] = changed
                    following.append(changed)
                if len(tried) >= MOST_COMBINATIONS:
                    return tuple(tried.values())
        layer = following
    return tuple(tried.values())
