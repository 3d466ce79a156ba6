"""Rows of pg_stat_activity as `Session`s, and the SQL that asks for them by server version; sends nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.redaction import redact
from forge_doctor.sql.masking import sqlcommenter_tags, without_values

QUERIES = Path(__file__).parent / "queries"
Row = Mapping[str, Any]


def load_query(name: str, major: int, folder: Path = QUERIES) -> str:
    """The text of `name.sql`, or of `name_13.sql` for a server of that version.

    13 lacks pg_locks.waitstart and pg_stat_database.sessions, which came with 14 (release notes).
    """
    older = folder / f"{name}_{major}.sql"
    return (older if older.is_file() else folder / f"{name}.sql").read_text(encoding="utf-8")


@lru_cache(maxsize=256)
def _shown(name: str) -> str:
    """Of hundreds of sessions most have one name."""
    return redact(name)


def session_of(row: Row) -> Session:
    """A row of sessions.sql; the statement loses its values here and is kept nowhere else."""
    fields = {key: row[key] for key in row.keys() - {"query", "blocked_by"}}
    query = row["query"] or ""
    return Session(
        **{**fields, "application_name": _shown(row["application_name"] or "")},
        statement=without_values(query),
        tags=sqlcommenter_tags(query),
        blocked_by=tuple(int(pid) for pid in row["blocked_by"].split(",") if pid),
    )
