"""Which types PostgreSQL turns into which by itself, as for an INSERT; of others nothing is said."""

from __future__ import annotations

from forge_doctor.migrations.operations.objects import Type

NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})
STRINGS = frozenset({"varchar", "text", "bpchar"})
OTHERS = frozenset(
    {"bool", "date", "time", "timestamp", "timestamptz", "interval", "uuid", "json", "jsonb", "bytea", "inet"}
)
KNOWN = NUMBERS | STRINGS | OTHERS
# Pairs beside those among numbers, and those into a string: into one everything is turned.
ASSIGNED = frozenset(
    {("date", "timestamp"), ("date", "timestamptz"), ("timestamp", "date"), ("timestamptz", "date"),
     ("timestamp", "timestamptz"), ("timestamptz", "timestamp"), ("timestamp", "time"), ("timestamptz", "time"),
     ("time", "interval"), ("interval", "time"), ("json", "jsonb"), ("jsonb", "json")}
)  # fmt: skip


def is_cast_by_itself(old: Type, new: Type) -> bool | None:
    """Whether a change of type needs no USING; None where that is not known."""
    if old.array or new.array:
        return None
    if new.enum is not None and (old.name in KNOWN or (old.enum is not None and old.name != new.name)):
        return False
    if old.enum is not None and new.name in KNOWN:
        return new.name in STRINGS
    if old.name not in KNOWN or new.name not in KNOWN:
        return None
    both_numbers = {old.name, new.name} <= NUMBERS
    return old.name == new.name or new.name in STRINGS or both_numbers or (old.name, new.name) in ASSIGNED
