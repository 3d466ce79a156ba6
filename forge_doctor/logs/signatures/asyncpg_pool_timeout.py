"""asyncpg's own pool had no connection to give before acquire()'s timeout.

Means: Connections are held across slow awaits or never released; or there is more concurrent work than
    max_size. The frame is the victim, rarely the holder.
Matches: a bare `TimeoutError` raised out of asyncpg/pool.py _acquire, with no connecting and no statement
    below it
Ignores: a TimeoutError out of connecting or of a statement: those are other faults
Source: asyncpg 0.27.0 asyncpg/pool.py, asyncpg 0.30.0 asyncpg/pool.py (`compat.wait_for(_acquire_impl(),
    timeout=timeout)`); https://magicstack.github.io/asyncpg/current/api/index.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("TimeoutError",),
    pattern=r"\A(?:asyncio\.(?:exceptions\.)?|concurrent\.futures\._base\.)?TimeoutError\b",
    exceptions=("TimeoutError",),
    frames=("asyncpg/pool\\.py _acquire(?:_impl)?$",),
    source="asyncpg",
    versions="0.20 to 0.32",
    category="pool",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="asyncpg's own pool had no connection to give before acquire()'s timeout.",
    cause=(
        "Connections are held across slow awaits or never released; or there is more concurrent work "
        "than max_size. The frame is the victim, rarely the holder."
    ),
    fix=(
        "Find who holds: `async with pool.acquire()` round the statements only, nothing slow inside; "
        "then compare max_size times processes with the server's max_connections."
    ),
    doc="https://magicstack.github.io/asyncpg/current/api/index.html",
    tells=("the frame is the request that waited in vain (a victim); the holder is not in this log"),
    explained_by=("asyncpg-connect-timeout", "asyncpg-command-timeout"),
    rules=("network-call-in-transaction", "unclosed-session"),
    checks=("idle-in-transaction", "leaked-transactions"),
)
