"""Names that the server or SQLAlchemy gives where a revision gives none."""

from __future__ import annotations

from forge_doctor.dataclass import replace
from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.operations.objects import Constraint
from forge_doctor.migrations.replay.schema import Table
from forge_doctor.sql.quoting import split_name

ENDINGS = {"unique": "key", "foreign key": "fkey", "primary key": "pkey", "check": "check", "exclude": "excl"}


def named(constraint: Constraint, table: str) -> Constraint:
    """The constraint with the name PostgreSQL gives it, marked by a leading `~` since a naming convention may give
    another."""
    if constraint.name:
        return constraint
    if constraint.name is None:
        return replace(constraint, name=HOLE)
    inner = () if constraint.kind == "primary key" else constraint.columns
    parts = (split_name(table)[-1], *inner, ENDINGS.get(constraint.kind, "check"))
    return replace(constraint, name="~" + "_".join(parts))


def drop_named(table: Table, name: str | None, kind: str) -> tuple[Constraint, ...]:
    """The constraints left when one of that name goes; where none has it, the only one of the kind whose name is
    not certain goes."""
    told = matching(table, name, kind)
    return tuple(one for one in table.constraints if one is not told)


def matching(table: Table, name: str | None, kind: str = "") -> Constraint | None:
    """The constraint a name means."""
    for one in table.constraints:
        if name and one.name in (name, f"~{name}"):
            return one
    uncertain = [one for one in table.constraints if _is_uncertain(one) and kind in ("", one.kind)]
    if name and not kind:
        uncertain = [one for one in uncertain if not one.columns or all(part in name for part in one.columns)]
    return uncertain[0] if len(uncertain) == 1 or (uncertain and name is None) else _likely(uncertain, name)


def _likely(uncertain: list[Constraint], name: str | None) -> Constraint | None:
    """That whose columns are in the name."""
    found = [one for one in uncertain if name and one.columns and all(part in name for part in one.columns)]
    return found[0] if found else None


def _is_uncertain(one: Constraint) -> bool:
    return one.name is None or one.name.startswith("~") or HOLE in one.name
