"""The server cannot start: its write-ahead log holds no checkpoint to start from.

Means: The data directory is damaged: the machine lost power with fsync or the disk's cache lying, the disk ran full or failed, a copy
    was made of a running server's files, or two servers ran on one directory. The server ends, and what restarts it loops.
Matches: `PANIC:  could not locate a valid checkpoint record`, and as 17 and later say it
    `could not locate a valid checkpoint record at 0/2A000028`; `could not locate required checkpoint record`, where a backup's label
    names one that is not there
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/access/transam/xlogrecovery.c (InitWalRecovery); versions all;
    https://www.postgresql.org/docs/current/app-pgresetwal.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("could not locate a valid checkpoint record", "could not locate required checkpoint record"),
    pattern="could not locate (?:a valid|required) checkpoint record",
    exceptions=(),
    source="postgresql",
    versions="all",
    category="server-lifecycle",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="The server cannot start: its write-ahead log holds no checkpoint to start from.",
    cause=(
        "The data directory is damaged: power lost while the disk's cache was not safe, a disk that ran full or failed, a copy made of "
        "a running server's files, or two servers on one directory."
    ),
    fix=(
        "Stop what restarts the server and copy the directory first. Restore a backup. pg_resetwal only on the copy and only to "
        "dump what is left: it loses the last transactions and may leave tables that contradict each other."
    ),
    doc="https://www.postgresql.org/docs/current/app-pgresetwal.html",
    explained_by=("disk-full",),
)
