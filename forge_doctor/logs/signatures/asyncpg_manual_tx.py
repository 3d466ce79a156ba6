"""A transaction was started while the connection already was in one that asyncpg did not start.

Means: A shared connection used by two tasks, BEGIN sent as text, or a pooler handing over a connection inside
    a transaction.
Matches: `in a manually started transaction` (asyncpg.exceptions.InterfaceError); also: `cannot use
    Connection.transaction() in a manually started transaction`
Ignores: the words in quotes, in an access log or below WARNING
Source: asyncpg 0.27.0 asyncpg/transaction.py, asyncpg 0.30.0 asyncpg/transaction.py, asyncpg 0.32.0
    asyncpg/transaction.py; versions all;
    https://magicstack.github.io/asyncpg/current/api/index.html#transactions
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("in a manually started transaction",),
    pattern="in a manually started transaction",
    exceptions=("asyncpg.exceptions.InterfaceError",),
    source="asyncpg",
    versions="all",
    category="concurrency",
    severity=Severity.ERROR,
    tier=2,
    meaning=("A transaction was started while the connection already was in one that asyncpg did not start."),
    cause=(
        "A shared connection used by two tasks, BEGIN sent as text, or a pooler handing over a "
        "connection inside a transaction."
    ),
    fix="One connection per task; do not send BEGIN by hand.",
    doc="https://magicstack.github.io/asyncpg/current/api/index.html#transactions",
    rules=("shared-session-in-tasks",),
)
