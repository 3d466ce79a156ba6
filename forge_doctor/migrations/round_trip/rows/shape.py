"""The tables of a database as whoever writes rows must know them: columns, types, keys, checks; read from the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.probes.throw_away.databases import Session

QUERIES = Path(__file__).parents[1] / "queries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A type down to what its values look like: `name` of the base type, `modifier` its length or scale.

    `labels` of an enum, `element` of an array, `subtype` of a range, `parts` of a composite.
    """

    name: str
    modifier: int = -1
    kind: str = "b"
    labels: tuple[str, ...] = ()
    element: Type | None = None
    subtype: Type | None = None
    parts: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`written` is its type as a cast needs it; `checks` are those of its domain, on a column called VALUE."""

    name: str
    type: Type
    written: str
    not_null: bool = False
    generated: bool = False
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """These columns name a row of that table."""

    columns: tuple[str, ...]
    table: int
    referenced: tuple[str, ...]
    deferrable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`name` is qualified and quoted."""

    id: int
    name: str
    columns: tuple[Column, ...]
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(one for one in self.columns if one.name == name)

    @property
    def writable(self) -> tuple[Column, ...]:
        """Those that take a value."""
        return tuple(one for one in self.columns if not one.generated)


async def read_tables(session: Session) -> tuple[Table, ...]:
    """Every ordinary and partitioned table."""
    columns, types, keys = [await session.fetch(_query(name)) for name in ("columns", "types", "keys")]
    known = {row["id"]: row for row in types}
    tables: dict[int, Table] = {}
    for row in columns:
        table = tables.get(row["table_id"]) or Table(id=row["table_id"], name=row["table_name"], columns=())
        tables[table.id] = replace(table, columns=(*table.columns, _column(row, known)))
    return tuple(_with_keys(table, [row for row in keys if row["table_id"] == table.id]) for table in tables.values())


def _query(name: str) -> str:
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def _column(row: Mapping[str, Any], types: Mapping[int, Mapping[str, Any]]) -> Column:
    domains = tuple(_domains(row["type_id"], types))
    return Column(
        name=row["name"],
        type=_type(row["type_id"], row["modifier"], types),
        written=row["type_name"],
        not_null=row["not_null"] or any(one["not_null"] for one in domains),
        generated=row["generated"],
        checks=tuple(text for one in domains for text in one["checks"]),
    )


def _domains(type_id: int, types: Mapping[int, Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    while (found := types.get(type_id)) is not None and found["kind"] == "d":
        yield found
        type_id = found["base_id"]


def _type(type_id: int, modifier: int, types: Mapping[int, Mapping[str, Any]]) -> Type:
    found = types.get(type_id)
    if found is None:
        return Type(name="unknown")
    if found["kind"] == "d":
        return _type(found["base_id"], found["modifier"], types)
    element, subtype = found["element_id"], found["subtype_id"]
    return Type(
        name=found["name"],
        modifier=modifier,
        kind=found["kind"],
        labels=tuple(found["labels"]),
        element=_type(element, modifier, types) if element else None,
        subtype=_type(subtype, -1, types) if subtype else None,
        parts=tuple(_type(part, -1, types) for part in found["parts"]),
    )


def _with_keys(table: Table, rows: Iterable[Mapping[str, Any]]) -> Table:
    unique, foreign, checks = [], [], []
    for row in rows:
        if row["kind"] == "f":
            foreign.append(
                ForeignKey(
                    columns=tuple(row["columns"]),
                    table=row["referenced_id"],
                    referenced=tuple(row["referenced"]),
                    deferrable=row["deferrable"],
                )
            )
        elif row["kind"] == "c":
            checks += [row["expression"]] if row["expression"] else []
        elif row["columns"]:
            unique.append(tuple(row["columns"]))
    return replace(table, unique=tuple(unique), foreign_keys=tuple(foreign), checks=tuple(checks))
