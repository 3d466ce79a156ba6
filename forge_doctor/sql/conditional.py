"""Statements for psql that do something only where a condition still holds; knows no check.

DROP INDEX CONCURRENTLY and ROLLBACK PREPARED can stand in no block and no transaction: a query writes them, and psql's
`\\gexec` runs what was written, which is nothing where the condition holds no more. Behind it stands no comment: psql would
take that for arguments.
"""

from __future__ import annotations

from forge_doctor.sql.quoting import quote_literal

_DROP = (
    "SELECT format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, c.relname) FROM pg_index AS i "
    "JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE"
)
_ROLL_BACK = "SELECT format('ROLLBACK PREPARED %L', gid) FROM pg_prepared_xacts WHERE"
_IDLE = "NOT EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.relid = i.indrelid)"
_NOT_OF_CONSTRAINT = (
    "NOT i.indisreplident AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)"
)
_COUNTED_SINCE = (
    "(SELECT coalesce(d.stats_reset, pg_postmaster_start_time()) FROM pg_stat_database AS d "
    "WHERE d.datname = current_database())"
)


def drop_if_invalid(schema: str, name: str) -> str:
    """Drops an index that is invalid and that nobody is making just now."""
    return f"{_DROP} NOT i.indisvalid AND {_named(schema, name)} AND {_IDLE} \\gexec"


def drop_if_unused(schema: str, name: str, counted_s: float) -> str:
    """Drops an index that enforces nothing and was not used once, where scans have been counted for so long."""
    unused = f"pg_stat_get_numscans(i.indexrelid) = 0 AND {_COUNTED_SINCE} <= now() - interval '{counted_s:.0f} s'"
    return f"{_DROP} {_named(schema, name)} AND NOT i.indisunique AND {_NOT_OF_CONSTRAINT} AND {unused} \\gexec"


def drop_if_also(schema: str, name: str, other: str) -> str:
    """Drops an index that no constraint needs, while another of its table, in the same schema, is valid."""
    valid = (
        "EXISTS (SELECT FROM pg_index AS o JOIN pg_class AS oc ON oc.oid = o.indexrelid WHERE o.indrelid = i.indrelid "
        f"AND o.indisvalid AND o.indisready AND oc.relnamespace = c.relnamespace AND oc.relname = {quote_literal(other)})"
    )
    return f"{_DROP} {_named(schema, name)} AND {_NOT_OF_CONSTRAINT} AND {valid} \\gexec"


def roll_back_if_old(gid: str, age_s: float) -> str:
    """Rolls a prepared transaction back, in its own database, if it is the one that was so old when it was seen: a name may
    be used again."""
    old = f"database = current_database() AND prepared <= now() - interval '{int(age_s)} s'"
    return f"{_ROLL_BACK} gid = {quote_literal(gid)} AND {old} \\gexec"


def _named(schema: str, name: str) -> str:
    return f"n.nspname = {quote_literal(schema)} AND c.relname = {quote_literal(name)}"
