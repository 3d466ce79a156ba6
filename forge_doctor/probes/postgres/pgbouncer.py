"""What pgbouncer says of itself on its admin console; it sends SHOW commands and no other.

asyncpg cannot read the console, which refuses the extended protocol; rows are taken by column name, since
their number grew from version to version (SHOW POOLS: 12 in 1.15, 17 in 1.24).
"""

from __future__ import annotations

from collections.abc import Mapping

from forge_doctor.dataclass import dataclass, field
from forge_doctor.errors import CannotInspect
from forge_doctor.probes.postgres.simple_query import StatementRefused, TextRow, simple_session
from forge_doctor.probes.postgres.target import Target

CONSOLE = "pgbouncer"
COMMANDS = ("VERSION", "POOLS", "CONFIG", "DATABASES")
# A row for each connection, of which there may be thousands.
CONNECTIONS = ("CLIENTS", "SERVERS")


@dataclass(frozen=True, slots=True, kw_only=True)
class BouncerConsole:
    """The rows of each SHOW command, values as text; `refused` has the sentence for those not permitted."""

    address: str
    version: str
    pools: tuple[TextRow, ...] = ()
    databases: tuple[TextRow, ...] = ()
    clients: tuple[TextRow, ...] = ()
    servers: tuple[TextRow, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)  # key -> value
    refused: Mapping[str, str] = field(default_factory=dict)


async def bouncer_console(target: Target, *, limit_s: float = 3.0, connections: bool = False) -> BouncerConsole:
    """What the pgbouncer at the target's address says to its user, with `connections` of each of these as well.

    Raises `CannotInspect` where there is no pgbouncer, or where the user may not see its console.
    """
    console = target.with_database(CONSOLE)
    rows: dict[str, tuple[TextRow, ...]] = {}
    refused: dict[str, str] = {}
    async with simple_session(console, limit_s) as session:
        for command in (*COMMANDS, *(CONNECTIONS if connections else ())):
            try:
                rows[command] = await session.query(f"SHOW {command};")
            except StatementRefused as refusal:
                refused[command] = str(refusal)
    if not rows:
        raise CannotInspect(f"{console.label}: is no pgbouncer console: {refused[COMMANDS[0]]}")
    return BouncerConsole(
        address=console.hosts[0].label,
        version=_version(rows.get("VERSION", ())),
        pools=rows.get("POOLS", ()),
        databases=rows.get("DATABASES", ()),
        clients=rows.get("CLIENTS", ()),
        servers=rows.get("SERVERS", ()),
        config={row["key"] or "": row["value"] or "" for row in rows.get("CONFIG", ())},
        refused=refused,
    )


def _version(rows: tuple[TextRow, ...]) -> str:
    """`1.18.0` for `PgBouncer 1.18.0`."""
    return (rows[0].get("version") or "").removeprefix("PgBouncer ") if rows else ""
