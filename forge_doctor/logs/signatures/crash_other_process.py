"""A PostgreSQL backend died and the server reset all connections.

Means: The OOM killer hit a backend, a crash in an extension.
Matches: `terminating connection because of crash of another server process`
    (asyncpg.exceptions.CrashShutdownError (57P02)), at any level: SQLAlchemy logs psycopg's notices at INFO
Ignores: the words in quotes or in an access log
Source: PostgreSQL 17.11 src/backend/tcop/postgres.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/kernel-resources.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("terminating connection because of crash of another server process",),
    pattern="terminating connection because of crash of another server process",
    exceptions=("asyncpg.exceptions.CrashShutdownError",),
    source="postgresql",
    versions="all",
    category="server-lifecycle",
    severity=Severity.CRITICAL,
    tier=1,
    any_level=True,
    meaning="A PostgreSQL backend died and the server reset all connections.",
    cause="The OOM killer hit a backend, a crash in an extension.",
    fix=("dmesg and the server's log ('was terminated by signal 9'); lower work_mem x connections; give memory."),
    doc="https://www.postgresql.org/docs/current/kernel-resources.html",
    explained_by=("backend-signal",),
)
