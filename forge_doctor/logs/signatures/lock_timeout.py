"""A lock was not granted within lock_timeout.

Means: A long transaction (or a migration's DDL) holds the row or table.
Matches: `canceling statement due to lock timeout` (asyncpg.exceptions.LockNotAvailableError (55P03)); MySQL's
    `(1205, 'Lock wait timeout exceeded`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/postgres.c, PostgreSQL 15.18 server binary; versions 9.3+;
    https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("canceling statement due to lock timeout", "(1205, "),
    pattern=r"canceling statement due to lock timeout|\(1205, ['\"]Lock wait timeout",
    exceptions=("asyncpg.exceptions.LockNotAvailableError",),
    source="postgresql",
    versions="9.3+",
    category="lock",
    severity=Severity.ERROR,
    tier=1,
    meaning="A lock was not granted within lock_timeout.",
    cause="A long transaction (or a migration's DDL) holds the row or table.",
    fix="Find the holder (pg_blocking_pids; MySQL: sys.innodb_lock_waits); shorten transactions; retry.",
    doc="https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT",
    tells="the frame is the one that waited (a victim); who holds the lock is not in this log",
    checks=("idle-in-transaction", "slow-code-in-transaction"),
)
