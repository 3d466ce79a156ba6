"""Whether `ALTER COLUMN ... TYPE` writes the table anew; measured on PostgreSQL 13 to 18, the same on all."""

from __future__ import annotations

from enum import Enum, auto

from forge_doctor.migrations.operations.objects import Type


class Rewrite(Enum):
    """What a change of type costs."""

    YES = auto()
    NO = auto()
    UNLESS_UTC = auto()  # none where the session's TimeZone is UTC
    UNKNOWN = auto()


# Types whose values are stored the same: from the one to the other nothing is written.
SAME_STORAGE = frozenset({("varchar", "text"), ("citext", "text"), ("text", "citext"), ("cidr", "inet")})


def type_change(old: Type | None, new: Type, using: str) -> Rewrite:
    """The cost of changing `old` into `new`."""
    if old is None or not old.name or not new.name or -1 in (*old.args, *new.args):
        return Rewrite.UNKNOWN
    if old.array != new.array:
        return Rewrite.YES
    if old.name == new.name and old.args == new.args and not using:
        return Rewrite.NO
    if (old.name, new.name) == ("timestamp", "timestamptz"):
        return Rewrite.YES if using else Rewrite.UNLESS_UTC
    if using and not _is_plain_cast(using):
        return Rewrite.YES
    return Rewrite.NO if _is_free(old, new) else Rewrite.YES


def _is_plain_cast(using: str) -> bool:
    """`column::type` alone is what PostgreSQL would do without it."""
    column, separator, type_ = using.partition("::")
    return bool(separator) and column.strip().strip('"').isidentifier() and "::" not in type_


def _is_free(old: Type, new: Type) -> bool:
    if old.name == "numeric" == new.name:
        return not new.args or (bool(old.args) and _scale(old) == _scale(new) and new.args[0] >= old.args[0])
    if new.name == "varchar" and old.name in ("varchar", "text", "citext"):
        return not new.args or (old.name == "varchar" and bool(old.args) and new.args[0] >= old.args[0])
    return old.name == new.name or (old.name, new.name) in SAME_STORAGE


def _scale(type_: Type) -> int:
    return type_.args[1] if len(type_.args) > 1 else 0
