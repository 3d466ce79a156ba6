"""The server or the application has no disk space left.

Means: WAL kept by a replication slot, temporary files of a big sort, logs; or an inode limit.
Matches: `could not extend file`, `could not write to file`, `[Errno 28]`, all with `No space left on
    device`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 15.18 server binary (53100), CPython errno 28;
    https://www.postgresql.org/docs/current/disk-full.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("No space left on device",),
    pattern="No space left on device",
    exceptions=("OSError", "asyncpg.exceptions.DiskFullError", "sqlalchemy.exc.OperationalError"),
    source="postgresql",
    versions="all",
    category="limits",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="The server or the application has no disk space left.",
    cause=("WAL kept by a replication slot, temporary files of a big sort, logs; or an inode limit."),
    fix=("Free space first; then find what grows: replication slots without a reader, pg_wal, temporary files, logs."),
    doc="https://www.postgresql.org/docs/current/disk-full.html",
)
