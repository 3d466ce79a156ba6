"""The lines of Alembic that take back what a downgrade left behind, as somebody will write them into it.

>>> undo(Key("column", "orders.note", "orders")), undo(Key("enum type", "mood"))
('op.drop_column("orders", "note")', 'sa.Enum(name="mood").drop(op.get_bind())')
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from forge_doctor.migrations.round_trip.catalogue import Key
from forge_doctor.migrations.wording import executed, on_table, quoted
from forge_doctor.sql.quoting import quote_identifier, split_name

# What stands on something else goes first.
ORDER = (
    "trigger",
    "policy",
    "view",
    "materialized view",
    "constraint",
    "index",
    "column",
    "table",
    "sequence",
    "function",
)


def undo_lines(left: Iterable[Key]) -> str:
    """One line each, in an order that works; empty where one of them is not known to be undone so."""
    keys = sorted(left, key=lambda key: (ORDER.index(key.kind) if key.kind in ORDER else len(ORDER), key.name))
    lines = [undo(key) for key in keys]
    return "\n".join(lines) if all(lines) else ""


def undo(key: Key) -> str:
    """The line for one of them; empty for a kind that needs a person."""
    make = LINES.get(key.kind)
    return make(key) if make is not None else ""


def _table(key: Key) -> str:
    name, schema = on_table(key.name)
    return f"op.drop_table({name}{schema})"


def _column(key: Key) -> str:
    name, schema = on_table(key.parent)
    return f"op.drop_column({name}, {quoted(_last(key))}{schema})"


def _constraint(key: Key) -> str:
    name, schema = on_table(key.parent)
    return f"op.drop_constraint({quoted(_last(key))}, {name}{schema})"


def _index(key: Key) -> str:
    name, schema = on_table(key.name)
    return f"op.drop_index({name}, table_name={on_table(key.parent)[0]}{schema})"


def _enum(key: Key) -> str:
    name, schema = on_table(key.name)
    return f"sa.Enum(name={name}{schema}).drop(op.get_bind())"


def _by_sql(kind: str) -> Callable[[Key], str]:
    return lambda key: executed(f"DROP {kind} {_whole(key.name)}")


def _on_table(kind: str) -> Callable[[Key], str]:
    return lambda key: executed(f"DROP {kind} {quote_identifier(_last(key))} ON {_whole(key.parent)}")


def _last(key: Key) -> str:
    return split_name(key.name)[-1]


def _whole(name: str) -> str:
    return ".".join(map(quote_identifier, split_name(name)))


LINES: Mapping[str, Callable[[Key], str]] = {
    "table": _table,
    "column": _column,
    "constraint": _constraint,
    "index": _index,
    "enum type": _enum,
    "trigger": _on_table("TRIGGER"),
    "policy": _on_table("POLICY"),
    "view": _by_sql("VIEW"),
    "materialized view": _by_sql("MATERIALIZED VIEW"),
    "sequence": _by_sql("SEQUENCE"),
    "schema": _by_sql("SCHEMA"),
    "domain": _by_sql("DOMAIN"),
    "composite type": _by_sql("TYPE"),
    "range type": _by_sql("TYPE"),
}
