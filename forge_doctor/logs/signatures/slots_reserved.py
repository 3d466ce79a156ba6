"""Only the slots kept for superusers are left.

Means: workers x (pool_size + max_overflow) over all replicas is above max_connections; engines made per
    request; leaked connections.
Matches: `remaining connection slots are reserved for` (asyncpg.exceptions.TooManyConnectionsError (53300));
    also: `remaining connection slots are reserved for non-replication superuser connections (<= 15)`;
    `remaining connection slots are reserved for roles with the SUPERUSER attribute (16+)`; `remaining
    connection slots are reserved for roles with privileges of the "pg_use_reserved_connections" role (16+)`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/utils/init/postinit.c, PostgreSQL 15.18 server binary, PostgreSQL 18.6
    server binary; versions all; https://www.postgresql.org/docs/current/runtime-config-connection.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("remaining connection slots are reserved for",),
    pattern="remaining connection slots are reserved for",
    exceptions=("asyncpg.exceptions.TooManyConnectionsError",),
    source="postgresql",
    versions="all",
    category="server-limit",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="Only the slots kept for superusers are left.",
    cause=(
        "workers x (pool_size + max_overflow) over all replicas is above max_connections; engines"
        " made per request; leaked connections."
    ),
    fix=("Add up the pools; one engine per process; put pgbouncer in front; raise max_connections last."),
    doc="https://www.postgresql.org/docs/current/runtime-config-connection.html",
    rules=("engine-per-request", "pool-settings-contradict"),
    checks=("no-slot-left", "pool-exceeds-slots", "headroom-low"),
)
