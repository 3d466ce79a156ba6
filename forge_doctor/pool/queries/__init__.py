"""The SQL that is sent to the server, one statement a file, chosen by server version."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
OLDEST_MAJOR = 13


def load_query(name: str, major: int) -> str:
    """The text of `name.sql`, or of `name_13.sql` for a server of that version.

    13 lacks pg_locks.waitstart and pg_stat_database.sessions, which came with 14 (release notes).
    """
    older = FOLDER / f"{name}_{major}.sql"
    return (older if older.is_file() else FOLDER / f"{name}.sql").read_text(encoding="utf-8")
