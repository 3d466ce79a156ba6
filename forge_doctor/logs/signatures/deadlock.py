"""Two transactions waited for each other; one was rolled back.

Means: Rows updated in different orders by concurrent requests.
Matches: `deadlock detected` (asyncpg.exceptions.DeadlockDetectedError (40P01)); MySQL's `(1213, 'Deadlock found ...`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/storage/lmgr/deadlock.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("deadlock detected", "(1213, "),
    pattern=r"deadlock detected|\(1213, ['\"]Deadlock found",
    exceptions=("asyncpg.exceptions.DeadlockDetectedError",),
    source="postgresql",
    versions="all",
    category="lock",
    severity=Severity.ERROR,
    tier=1,
    meaning="Two transactions waited for each other; one was rolled back.",
    cause="Rows updated in different orders by concurrent requests.",
    fix=(
        "Update in a fixed order (sort ids), SELECT ... FOR UPDATE first, keep transactions short, retry on 40P01 (MySQL: 1213)."
    ),
    doc="https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS",
    tells=("the frame is the transaction that was rolled back; the other one is in the database's log only"),
)
