"""The raw asyncpg pool was used during or after close().

Means: Requests or tasks still running at shutdown.
Matches: `pool is clos` (asyncpg.exceptions.InterfaceError); also: `pool is closing`; `pool is closed`; `pool
    is not initialized`
Ignores: the words without an InterfaceError before them
Source: asyncpg 0.27.0 asyncpg/pool.py, asyncpg 0.30.0 asyncpg/pool.py, asyncpg 0.32.0 asyncpg/pool.py;
    versions all; https://magicstack.github.io/asyncpg/current/api/index.html#connection-pools
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("pool is closing", "pool is closed", "pool is not initialized"),
    pattern=r"(?:InterfaceError\W[^\n]*)\bpool is (?:closing|closed|not initialized)\b",
    exceptions=("asyncpg.exceptions.InterfaceError",),
    source="asyncpg",
    versions="all",
    category="pool",
    severity=Severity.ERROR,
    tier=2,
    meaning="The raw asyncpg pool was used during or after close().",
    cause="Requests or tasks still running at shutdown.",
    fix="Drain work before closing the pool.",
    doc="https://magicstack.github.io/asyncpg/current/api/index.html#connection-pools",
)
