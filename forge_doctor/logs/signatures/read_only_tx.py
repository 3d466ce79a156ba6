"""A write was sent to a standby or a read-only transaction.

Means: After a failover the pool still points at the old primary; or the read replica's URL was used.
Matches: `in a read-only transaction` (asyncpg.exceptions.ReadOnlySQLTransactionError (25006))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/utility.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("in a read-only transaction",),
    pattern=r"in a read\-only transaction",
    exceptions=("asyncpg.exceptions.ReadOnlySQLTransactionError",),
    source="postgresql",
    versions="all",
    category="replica",
    severity=Severity.ERROR,
    tier=2,
    meaning="A write was sent to a standby or a read-only transaction.",
    cause=("After a failover the pool still points at the old primary; or the read replica's URL was used."),
    fix="target_session_attrs=read-write, recycle the pool after failover.",
    doc="https://www.postgresql.org/docs/current/errcodes-appendix.html",
)
