"""A role or a database is near its CONNECTION LIMIT.

Why:
    The server may have free slots and still refuse this role or this database with SQLSTATE 53300
    ("too many connections for role").

Measures (connections):
    Sessions of the role or in the database against its CONNECTION LIMIT. Warning from
    `used_ratio` on, critical where the limit is reached. Superusers are held to none.

Wrong when:
    The sessions counted are not held to the limit: superusers are left out.

Source:
    PostgreSQL documentation, CREATE ROLE and CREATE DATABASE, CONNECTION LIMIT.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.snapshot import Server
from forge_doctor.pool.visibility import unseen_server
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.sql.quoting import quote_identifier


@check(severity=Severity.WARNING, limits={"used_ratio": 0.8})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each limit that is nearly used up."""
    yield from unseen_server(situation)
    if situation.server is None:
        return
    counted = [one for one in situation.sessions if one.user not in situation.server.superusers]
    for kind, name, limit, sessions in _limited(situation.server, counted):
        if len(sessions) < limits["used_ratio"] * limit or not sessions:
            continue
        yield Finding(
            severity=Severity.CRITICAL if len(sessions) >= limit else Severity.WARNING,
            confidence=Confidence.HIGH,
            message=f"{kind} {name} has {len(sessions)} of the {limit} connections its CONNECTION LIMIT allows. "
            f"Above it the server refuses the {kind}, whatever else is free.",
            location=situation.here,
            evidence=(
                Evidence(
                    label=f"sessions of {kind} {name}",
                    value=len(sessions),
                    unit="connections",
                    source="pg_stat_activity",
                ),
                Evidence(
                    label="CONNECTION LIMIT",
                    value=limit,
                    unit="connections",
                    source="pg_roles.rolconnlimit" if kind == "role" else "pg_database.datconnlimit",
                ),
            ),
            remedy=f"ALTER {kind.upper()} {quote_identifier(name)} CONNECTION LIMIT {limit * 2};   "
            "-- only while the server has the slots; else smaller pools: see the sizing table",
        )


def _limited(server: Server, sessions: list[Session]) -> Iterator[tuple[str, str, int, list[Session]]]:
    for role, limit in sorted(server.role_limits.items()):
        yield "role", role, limit, [session for session in sessions if session.user == role]
    for database, limit in sorted(server.database_limits.items()):
        yield "database", database, limit, [session for session in sessions if session.database == database]
