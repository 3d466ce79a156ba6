"""An earlier statement of this transaction failed; all later ones are refused.

Means: The first error was swallowed. It is the real one: look above.
Matches: `current transaction is aborted, commands ignored until end of transaction block`
    (asyncpg.exceptions.InFailedSQLTransactionError (25P02))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/postgres.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("current transaction is aborted, commands ignored until end of transaction block",),
    pattern="current transaction is aborted, commands ignored until end of transaction block",
    exceptions=("asyncpg.exceptions.InFailedSQLTransactionError",),
    source="postgresql",
    versions="all",
    category="transaction",
    severity=Severity.ERROR,
    tier=1,
    meaning="An earlier statement of this transaction failed; all later ones are refused.",
    cause="The first error was swallowed. It is the real one: look above.",
    fix="Roll back, or use a savepoint around the risky statement.",
    doc="https://www.postgresql.org/docs/current/errcodes-appendix.html",
    tells=("the first error of the transaction is the real one; it may have been swallowed before it was logged"),
    explained_by=("undefined-table", "deadlock"),
    rules=("swallowed-error-without-rollback", "no-rollback-on-error"),
    checks=("aborted-transaction",),
    fallout=True,
)
