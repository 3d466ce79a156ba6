"""Whether autovacuum comes to a table by itself, in words, and what lets it."""

from __future__ import annotations

from forge_doctor.slow.server.schema import Table
from forge_doctor.slow.situation import Situation


def comes(situation: Situation, table: Table) -> bool:
    """Whether it is on, for the server and for the table."""
    return table.autovacuum and _on(situation)


def why_not(situation: Situation, table: Table) -> str:
    """` Autovacuum is off for it.`; nothing where it is on."""
    if comes(situation, table):
        return ""
    return f" Autovacuum is off {'for it' if _on(situation) else 'on this server'}."


def turned_on(situation: Situation, table: Table) -> str:
    """What to type so that it comes, on a line of its own; nothing where it is on."""
    lines = []
    if not table.autovacuum:
        lines.append(f"ALTER TABLE {table.quoted} RESET (autovacuum_enabled);   -- so that it happens by itself")
    if not _on(situation):
        lines.append("ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf();   -- for all tables, as a superuser")
    return "".join(f"\n{line}" for line in lines)


def _on(situation: Situation) -> bool:
    return situation.server is None or situation.server.settings.get("autovacuum", "on") == "on"
