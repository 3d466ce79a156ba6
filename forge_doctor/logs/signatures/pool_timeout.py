"""A request gave up waiting for a connection: the pool had none to give for pool_timeout.

Means: Sessions held across slow awaits (HTTP calls, background tasks, streaming), sessions never closed, or
    simply more concurrent work than pool_size + max_overflow. The frame in the traceback is the victim,
    rarely the holder.
Matches: `QueuePool limit of size` (sqlalchemy.exc.TimeoutError); also: `reached, connection timed out,
    timeout`
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/pool/impl.py, SQLAlchemy 2.0.58 sqlalchemy/pool/impl.py, SQLAlchemy 2.1.9
    sqlalchemy/pool/impl.py; versions 1.4, 2.0, 2.1; https://sqlalche.me/e/20/3o7r
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("QueuePool limit of size",),
    pattern="QueuePool limit of size",
    exceptions=("sqlalchemy.exc.TimeoutError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="pool",
    severity=Severity.CRITICAL,
    tier=1,
    meaning=(
        "Every pooled connection (size + overflow) was checked out for longer than pool_timeout, "
        "so this request gave up."
    ),
    cause=(
        "Sessions held across slow awaits (HTTP calls, background tasks, streaming), sessions "
        "never closed, or simply more concurrent work than pool_size + max_overflow. The frame in"
        " the traceback is the victim, rarely the holder."
    ),
    fix=(
        "Find who holds: close sessions promptly (`async with`), do not keep one open over "
        "external calls, and only then raise pool_size/max_overflow within the server's "
        "max_connections."
    ),
    doc="https://sqlalche.me/e/20/3o7r",
    tells=(
        "the frame is the request that waited in vain (a victim); the session that holds the "
        "connection is not in this log"
    ),
    numbers=(
        ("pool_size", r"limit of size (\d+)"),
        ("overflow", r"overflow (-?\d+)"),
        ("timeout_s", r"timeout (\d+(?:\.\d+)?)"),
    ),
    explained_by=("gc-unchecked-in", "pool-reset-error", "idle-in-transaction", "lock-timeout"),
    rules=(
        "unclosed-session",
        "unclosed-session-in-background",
        "network-call-in-transaction",
        "blocking-call-with-session",
        "engine-per-request",
    ),
    checks=("idle-in-transaction", "leaked-transactions", "slow-code-in-transaction"),
)
