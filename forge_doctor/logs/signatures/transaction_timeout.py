"""The whole transaction ran longer than transaction_timeout.

Means: Long units of work, or a session held open.
Matches: `terminating connection due to transaction timeout` (asyncpg.exceptions (25P04))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/postgres.c, PostgreSQL 18.6 server binary; versions 17+;
    https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-TRANSACTION-TIMEOUT
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("terminating connection due to transaction timeout",),
    pattern="terminating connection due to transaction timeout",
    exceptions=(),
    source="postgresql",
    versions="17+",
    category="transaction",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="The whole transaction ran longer than transaction_timeout.",
    cause="Long units of work, or a session held open.",
    fix="Split the work; commit earlier.",
    doc=("https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-TRANSACTION-TIMEOUT"),
    rules=("network-call-in-transaction", "blocking-call-with-session"),
    checks=("slow-code-in-transaction", "idle-in-transaction"),
)
