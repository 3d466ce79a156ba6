"""A REPEATABLE READ/SERIALIZABLE transaction conflicted with another.

Means: Concurrent updates of the same rows, as is normal at that level.
Matches: `could not serialize access due to` (asyncpg.exceptions.SerializationError (40001)); also: `could not
    serialize access due to concurrent update`; `could not serialize access due to read/write dependencies
    among transactions`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/executor/nodeModifyTable.c, PostgreSQL 17.11
    src/backend/storage/lmgr/predicate.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/transaction-iso.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("could not serialize access due to",),
    pattern="could not serialize access due to",
    exceptions=("asyncpg.exceptions.SerializationError",),
    source="postgresql",
    versions="all",
    category="lock",
    severity=Severity.ERROR,
    tier=1,
    meaning="A REPEATABLE READ/SERIALIZABLE transaction conflicted with another.",
    cause="Concurrent updates of the same rows, as is normal at that level.",
    fix="Retry the whole transaction on 40001, or lower the isolation.",
    doc="https://www.postgresql.org/docs/current/transaction-iso.html",
)
