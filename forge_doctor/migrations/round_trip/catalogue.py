"""What a database consists of, as the catalogue tells it, and how two states of it differ.

The order of columns, NOT VALID, comments and the names of NOT NULL constraints do not count: a downgrade cannot or need
not put them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from forge_doctor.dataclass import dataclass
from forge_doctor.sql.quoting import join_name

if TYPE_CHECKING:
    from forge_doctor.probes.throw_away.databases import Session


QUERY = Path(__file__).with_name("queries") / "catalogue.sql"
OF_TYPES = frozenset({"enum type", "domain", "composite type", "range type"})


class Key(NamedTuple):
    """`column orders.total`, as `join_name` writes it; `parent` is the table it goes with."""

    kind: str
    name: str
    parent: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


Catalogue = Mapping[Key, str]


async def read_catalogue(session: Session, leave_out: Iterable[tuple[str, str]] = ()) -> Catalogue:
    """Everything a migration makes, without the tables of Alembic's own, given as (schema, name)."""
    own = {join_name(name) if schema in ("", "public") else join_name(schema, name) for schema, name in leave_out}
    rows = await session.fetch(QUERY.read_text(encoding="utf-8"))
    told = ((Key(row["kind"], join_name(*row["name"]), join_name(*row["parent"])), row["definition"]) for row in rows)
    return {key: definition or "" for key, definition in told if key.name not in own and key.parent not in own}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What the later of two states has more, lacks, or has otherwise (before, after)."""

    left: tuple[Key, ...] = ()
    missing: tuple[Key, ...] = ()
    changed: tuple[tuple[Key, str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.left or self.missing or self.changed)

    @property
    def only_types_left(self) -> bool:
        """Whether nothing but types stayed behind."""
        return bool(self.left) and not self.missing and not self.changed and all(k.kind in OF_TYPES for k in self.left)


def difference(before: Catalogue, after: Catalogue) -> Difference:
    """From one state to a later one; what belongs to a table that came or went is told with the table."""
    left, missing = _without_parts(after.keys() - before.keys()), _without_parts(before.keys() - after.keys())
    changed = sorted(key for key in before.keys() & after.keys() if before[key] != after[key])
    # An extension that stays is of use to others, and harms nobody.
    left = tuple(key for key in left if key.kind != "extension")
    told = tuple((key, before[key], after[key]) for key in changed if not _only_labels_added(key, before, after))
    return Difference(left=left, missing=missing, changed=told)


def _without_parts(keys: set[Key]) -> tuple[Key, ...]:
    tables = {key.name for key in keys if key.kind in ("table", "foreign table", "view", "materialized view")}
    return tuple(sorted(key for key in keys if key.parent not in tables))


def _only_labels_added(key: Key, before: Catalogue, after: Catalogue) -> bool:
    """PostgreSQL cannot take a label out of an enum: one that stays is nobody's fault."""
    return key.kind == "enum type" and set(before[key].split(", ")) <= set(after[key].split(", "))
