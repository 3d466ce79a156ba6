"""The SQL that only this slice sends to the server, one statement a file; who is connected and who waits is `backends`'."""

from __future__ import annotations

from pathlib import Path

from forge_doctor.probes.postgres.backends import rows

FOLDER = Path(__file__).parent
OLDEST_MAJOR = 13
OF_BACKENDS = ("sessions", "locks")


def load_query(name: str, major: int) -> str:
    """The text of `name.sql` for a server of that version."""
    return rows.load_query(name, major, rows.QUERIES if name in OF_BACKENDS else FOLDER)
