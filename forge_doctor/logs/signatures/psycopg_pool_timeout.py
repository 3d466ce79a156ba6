"""psycopg's pool had no free connection in time.

Means: Sessions held across slow awaits (HTTP calls, background tasks, streaming), sessions never closed, or
    simply more concurrent work than pool_size + max_overflow. The frame in the traceback is the victim,
    rarely the holder.
Matches: `couldn't get a connection after` (psycopg_pool.PoolTimeout)
Ignores: the words in quotes, in an access log or below WARNING
Source: psycopg-pool 3.3.3 psycopg_pool/pool.py; versions 3.x;
    https://www.psycopg.org/psycopg3/docs/advanced/pool.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("couldn't get a connection after",),
    pattern="couldn't get a connection after",
    exceptions=("psycopg_pool.PoolTimeout",),
    source="psycopg_pool",
    versions="3.x",
    category="pool",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="psycopg's pool had no free connection in time.",
    cause=(
        "Sessions held across slow awaits (HTTP calls, background tasks, streaming), sessions "
        "never closed, or simply more concurrent work than pool_size + max_overflow. The frame in"
        " the traceback is the victim, rarely the holder."
    ),
    fix=(
        "Find who holds: close sessions promptly (`async with`), do not keep one open over "
        "external calls, and only then raise pool_size/max_overflow within the server's "
        "max_connections. Here: max_size, shorter use of connections."
    ),
    doc="https://www.psycopg.org/psycopg3/docs/advanced/pool.html",
    tells=("the frame is the request that waited in vain (a victim); the connection's holder is not in this log"),
    numbers=(("timeout_s", r"after (\d+(?:\.\d+)?) sec"),),
    explained_by=("psycopg-deleted-open", "idle-in-transaction"),
    rules=("unclosed-session", "network-call-in-transaction"),
    checks=("idle-in-transaction", "leaked-transactions"),
)
