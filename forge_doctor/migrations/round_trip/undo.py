"""The lines of Alembic that take back what a downgrade left behind, as somebody will write them into it.

>>> undo(Key("column", "orders.note")), undo(Key("enum type", "mood"))
('op.drop_column("orders", "note")', 'sa.Enum(name="mood").drop(op.get_bind())')
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping

from forge_doctor.migrations.round_trip.catalogue import Key
from forge_doctor.sql.quoting import quote_identifier

PLAIN = re.compile(r"[a-z_][a-z0-9_$]*(?:\.[a-z_][a-z0-9_$]*){0,2}")
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
    """The line for one of them; empty for a kind or a name that needs a person."""
    make = LINES.get(key.kind)
    return make(key) if make is not None and PLAIN.fullmatch(key.name) else ""


def _table(key: Key) -> str:
    schema, name = _split(key.name)
    return f"op.drop_table({json.dumps(name)}{_schema(schema)})"


def _column(key: Key) -> str:
    table, _, column = key.name.rpartition(".")
    schema, name = _split(table)
    return f"op.drop_column({json.dumps(name)}, {json.dumps(column)}{_schema(schema)})"


def _constraint(key: Key) -> str:
    table, _, constraint = key.name.rpartition(".")
    schema, name = _split(table)
    return f"op.drop_constraint({json.dumps(constraint)}, {json.dumps(name)}{_schema(schema)})"


def _index(key: Key) -> str:
    schema, name = _split(key.name)
    table = _split(key.parent)[1]
    return f"op.drop_index({json.dumps(name)}, table_name={json.dumps(table)}{_schema(schema)})"


def _enum(key: Key) -> str:
    schema, name = _split(key.name)
    return f"sa.Enum(name={json.dumps(name)}{_schema(schema)}).drop(op.get_bind())"


def _by_sql(kind: str) -> Callable[[Key], str]:
    def line(key: Key) -> str:
        name = ".".join(quote_identifier(part) for part in key.name.split("."))
        return f"op.execute({json.dumps(f'DROP {kind} {name}')})"

    return line


def _on_table(kind: str) -> Callable[[Key], str]:
    def line(key: Key) -> str:
        table, _, name = key.name.rpartition(".")
        whole = ".".join(quote_identifier(part) for part in table.split("."))
        return f"op.execute({json.dumps(f'DROP {kind} {quote_identifier(name)} ON {whole}')})"

    return line


def _split(name: str) -> tuple[str, str]:
    schema, _, rest = name.rpartition(".")
    return schema, rest


def _schema(schema: str) -> str:
    return f", schema={json.dumps(schema)}" if schema else ""


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
