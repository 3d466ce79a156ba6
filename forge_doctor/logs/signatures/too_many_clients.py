"""max_connections is used up.

Means: workers x (pool_size + max_overflow) over all replicas is above max_connections; engines made per
    request; leaked connections.
Matches: `sorry, too many clients already` (asyncpg.exceptions.TooManyConnectionsError (53300)); MySQL's
    `(1040, 'Too many connections')`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/storage/ipc/procarray.c, PostgreSQL 17.11
    src/backend/storage/lmgr/proc.c, PostgreSQL 15.18 server binary, PostgreSQL 18.6 server binary; versions
    all; https://www.postgresql.org/docs/current/runtime-config-connection.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("sorry, too many clients already", "(1040, "),
    pattern=r"sorry, too many clients already|\(1040, ['\"]Too many connections",
    exceptions=("asyncpg.exceptions.TooManyConnectionsError",),
    source="postgresql",
    versions="all",
    category="server-limit",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="max_connections is used up.",
    cause=(
        "workers x (pool_size + max_overflow) over all replicas is above max_connections; engines"
        " made per request; leaked connections."
    ),
    fix=("Add up the pools; one engine per process; put pgbouncer in front; raise max_connections last."),
    doc="https://www.postgresql.org/docs/current/runtime-config-connection.html",
    rules=("engine-per-request", "pool-settings-contradict"),
    checks=("no-slot-left", "pool-exceeds-slots", "headroom-low"),
)
