"""The lock table (or another shared area) is full.

Means: A transaction locks very many objects (partitions, mass DDL).
Matches: `out of shared memory` (asyncpg.exceptions.OutOfMemoryError (53200))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/storage/lmgr/lock.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/runtime-config-locks.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("out of shared memory",),
    pattern="out of shared memory",
    exceptions=("asyncpg.exceptions.OutOfMemoryError",),
    source="postgresql",
    versions="all",
    category="server-limit",
    severity=Severity.ERROR,
    tier=2,
    meaning="The lock table (or another shared area) is full.",
    cause="A transaction locks very many objects (partitions, mass DDL).",
    fix="Raise max_locks_per_transaction; split the transaction.",
    doc="https://www.postgresql.org/docs/current/runtime-config-locks.html",
)
