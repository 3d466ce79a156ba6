"""Statements for psql that do something only where a condition still holds; knows no check.

DROP INDEX CONCURRENTLY can stand in no block and no transaction: a query writes it, and psql's `\\gexec` runs what was written,
which is nothing where the index is valid by now, is being made, or is gone.
"""

from __future__ import annotations

from forge_doctor.sql.quoting import quote_literal

_DROP = (
    "SELECT format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, c.relname) FROM pg_index AS i "
    "JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE NOT i.indisvalid"
)
_IDLE = "NOT EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.relid = i.indrelid)"


def drop_if_invalid(schema: str, name: str) -> str:
    """Drops an index that is invalid and that nobody is making just now."""
    named = f"n.nspname = {quote_literal(schema)} AND c.relname = {quote_literal(name)}"
    return f"{_DROP} AND {named} AND {_IDLE} \\gexec"
