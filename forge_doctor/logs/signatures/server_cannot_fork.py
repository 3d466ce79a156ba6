"""The database server could not start a process for a client: the machine or container has no more.

Means: No memory for another backend, the limit of processes (ulimit -u, the container's pids limit) is reached, or the device
    or namespace has nothing left. Clients are turned away, whatever max_connections allows.
Matches: `could not fork new process for connection: Cannot allocate memory` (and `Resource temporarily unavailable`, `No space
    left on device`), at LOG in the server's own log and as a client's error; since PostgreSQL 18 `could not fork "client backend" process:`
Ignores: the words in quotes, in an access log
Source: PostgreSQL 17.11 src/backend/postmaster/postmaster.c (BackendStartup, report_fork_failure_to_client);
    https://www.postgresql.org/docs/current/kernel-resources.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("could not fork new process for connection: ", 'could not fork "client backend" process: '),
    pattern=r'could not fork (?:new process for connection|"client backend" process): ',
    exceptions=("psycopg2.OperationalError", "psycopg.OperationalError", "sqlalchemy.exc.OperationalError"),
    source="postgresql",
    versions="all",
    category="server-limit",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="The database server could not start a process for a client.",
    cause=(
        "No memory for another backend, the limit of processes (ulimit -u, the container's pids limit) is reached, or the "
        "device or namespace has nothing left."
    ),
    fix=(
        "Look at the server's memory and at its limits (ulimit -u, pids.max, the container's memory); lower the number of "
        "connections (pool_size + max_overflow times processes, or a pooler in front) before raising them."
    ),
    doc="https://www.postgresql.org/docs/current/kernel-resources.html",
    any_level=True,
    checks=("pool-exceeds-slots", "headroom-low"),
)
