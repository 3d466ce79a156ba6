"""The /dev/shm of the database's container is too small for a parallel query.

Means: Docker's default of 64 MB.
Matches: `could not resize shared memory segment` (asyncpg.exceptions.DiskFullError (53100))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/storage/ipc/dsm_impl.c, PostgreSQL 15.18 server binary; versions 10+;
    https://www.postgresql.org/docs/current/kernel-resources.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("could not resize shared memory segment",),
    pattern="could not resize shared memory segment",
    exceptions=("asyncpg.exceptions.DiskFullError",),
    source="postgresql",
    versions="10+",
    category="server-limit",
    severity=Severity.ERROR,
    tier=2,
    meaning="The /dev/shm of the database's container is too small for a parallel query.",
    cause="Docker's default of 64 MB.",
    fix="shm_size: 256mb (or more) for the database container.",
    doc="https://www.postgresql.org/docs/current/kernel-resources.html",
)
