"""The server ended a transaction that sat idle beyond idle_in_transaction_session_timeout.

Means: A session was held open over something slow: an HTTP call, a sleep, a queue.
Matches: `terminating connection due to idle-in-transaction timeout`
    (asyncpg.exceptions.IdleInTransactionSessionTimeoutError (25P03))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/postgres.c, PostgreSQL 15.18 server binary, PostgreSQL 18.6 server
    binary; versions 9.6+;
    https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("terminating connection due to idle-in-transaction timeout",),
    pattern=r"terminating connection due to idle\-in\-transaction timeout",
    exceptions=("asyncpg.exceptions.IdleInTransactionSessionTimeoutError",),
    source="postgresql",
    versions="9.6+",
    category="transaction",
    severity=Severity.CRITICAL,
    tier=1,
    meaning=(
        "A transaction sat idle longer than idle_in_transaction_session_timeout, and the server killed the connection."
    ),
    cause="A session was held open over something slow: an HTTP call, a sleep, a queue.",
    fix=("Commit before the slow await; open the session after it; keep the timeout as the safety net."),
    doc=("https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT"),
    rules=("network-call-in-transaction", "blocking-call-with-session"),
    checks=("idle-in-transaction", "slow-code-in-transaction"),
)
