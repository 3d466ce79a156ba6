"""The SQL that is sent to the server, one statement a file, and the one whose columns depend on the extension's version."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from forge_doctor.probes.postgres.backends import rows
from forge_doctor.sql.quoting import quote_identifier

FOLDER = Path(__file__).parent
# What is summed over roles: our name -> what the extension calls it, the newest name first (1.8 to 1.12).
SUMMED = {
    "calls": ("calls",),
    "total_ms": ("total_exec_time", "total_time"),
    "rows": ("rows",),
    "temp_blocks": ("temp_blks_written",),
}
# As above, where a version may have none of them: NULL then.
OPTIONAL = {
    "read_ms": ("shared_blk_read_time", "blk_read_time"),
}
# The time for deforming (17) is a part of that for generation.
JIT = ("jit_generation_time", "jit_inlining_time", "jit_optimization_time", "jit_emission_time")


def load_query(name: str, major: int) -> str:
    """The text of `name.sql`, or of `name_13.sql` for a server of that version."""
    return rows.load_query(name, major, FOLDER)


def statements_query(schema: str, columns: Iterable[str], *, texts: bool) -> str:
    """One row a statement of this database, from the view's own columns: an extension may be older than its server.

    Without `texts` the server does not read them from its file.
    """
    known = frozenset(columns)
    parts = [f"sum({_first(names, known)})::float8 AS {ours}" for ours, names in SUMMED.items()]
    parts.append("sum(shared_blks_hit + shared_blks_read)::float8 AS blocks")
    for ours, names in OPTIONAL.items():
        name = _first(names, known)
        parts.append(f"{f'sum({name})' if name else 'NULL'}::float8 AS {ours}")
    jit = " + ".join(name for name in JIT if name in known)
    parts.append(f"{f'sum({jit})' if jit else 'NULL'}::float8 AS jit_ms")
    parts.append(f"min({_first(('min_exec_time', 'min_time'), known)})::float8 AS min_ms")
    parts.append(f"max({_first(('max_exec_time', 'max_time'), known)})::float8 AS max_ms")
    parts.append("bool_or(toplevel) AS toplevel" if "toplevel" in known else "true AS toplevel")
    if texts:
        parts += ["left(min(query), 20001) AS query", "count(*)::int AS entries"]
    given = ", ".join(parts)
    source = f"{quote_identifier(schema)}.pg_stat_statements({'true' if texts else 'false'})"
    # Names of columns are those of the list above; the schema is quoted.
    return (
        f"SELECT queryid::text AS key, {given} FROM {source} "  # noqa: S608
        "WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        f"GROUP BY queryid{', toplevel' if 'toplevel' in known else ''}"
    )


def _first(names: Iterable[str], known: frozenset[str]) -> str:
    return next((name for name in names if name in known), "")
