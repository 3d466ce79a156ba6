"""A raw asyncpg pool connection was used after release.

Means: Reference kept after `async with pool.acquire()`.
Matches: `connection has been released back to the pool` (asyncpg.exceptions.InterfaceError)
Ignores: the words in quotes, in an access log or below WARNING
Source: asyncpg 0.27.0 asyncpg/pool.py, asyncpg 0.30.0 asyncpg/pool.py, asyncpg 0.32.0 asyncpg/pool.py;
    versions all; https://magicstack.github.io/asyncpg/current/api/index.html#connection-pools
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("connection has been released back to the pool",),
    pattern="connection has been released back to the pool",
    exceptions=("asyncpg.exceptions.InterfaceError",),
    source="asyncpg",
    versions="all",
    category="pool",
    severity=Severity.ERROR,
    tier=2,
    meaning="A raw asyncpg pool connection was used after release.",
    cause="Reference kept after `async with pool.acquire()`.",
    fix="Do the work inside the block.",
    doc="https://magicstack.github.io/asyncpg/current/api/index.html#connection-pools",
)
