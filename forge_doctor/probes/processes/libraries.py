"""Which drivers and pools a Python process has loaded, by the shared objects mapped into it; reads none of its memory."""

from __future__ import annotations

from pathlib import Path

# A part of a mapped file's path -> what it belongs to. SQLAlchemy 2.0 has cyextension, 2.1 *_cy modules.
SIGNS = {
    "/asyncpg/": "asyncpg",
    "/psycopg_binary/": "psycopg",
    "/psycopg_c/": "psycopg",
    "/psycopg2/": "psycopg2",
    "/sqlalchemy/": "sqlalchemy",
    "/greenlet/": "greenlet",
}


def read_libraries(pid: int) -> tuple[str, ...] | None:
    """`("asyncpg", "sqlalchemy")`; None where the maps may not be read. What is pure Python leaves no trace here."""
    try:
        maps = Path(f"/proc/{pid}/maps").read_text(errors="replace")
    except OSError:
        return None
    return tuple(sorted({name for sign, name in SIGNS.items() if sign in maps}))
