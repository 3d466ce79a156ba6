"""A statement took longer than asyncpg's own command_timeout, and the driver gave up on it.

Means: A slow statement, one that waits for a lock, or an event loop that was blocked; PostgreSQL's log has
    only `canceling statement due to user request`.
Matches: a bare `TimeoutError` raised out of asyncpg's protocol (bind_execute, query, prepare, copy_in ...)
Ignores: a TimeoutError out of anything else, and that of closing a connection
Wrong when: the application's own wait_for() ended it: its TimeoutError has no frame of asyncpg, and is not
    matched
Source: asyncpg 0.27.0 to 0.32.0 asyncpg/protocol/protocol.pyx (`_new_waiter(timeout)`, `_on_timeout`);
    https://magicstack.github.io/asyncpg/current/api/index.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("TimeoutError",),
    pattern=r"\A(?:asyncio\.(?:exceptions\.)?|concurrent\.futures\._base\.)?TimeoutError\b",
    exceptions=("TimeoutError",),
    frames=("asyncpg/protocol/protocol\\.pyx (?!(?:[\\w.]*\\.)?close$)",),
    source="asyncpg",
    versions="0.20 to 0.32",
    category="locks",
    severity=Severity.ERROR,
    tier=2,
    meaning=("A statement took longer than asyncpg's own command_timeout, and the driver gave up on it."),
    cause=(
        "A slow statement, one that waits for a lock, or an event loop that was blocked; PostgreSQL's"
        " log has only `canceling statement due to user request`."
    ),
    fix=(
        "Find the statement: an index or a page size for it, or the lock it waits for (`forge-doctor "
        "pool` shows who holds it). Raise command_timeout only for work that may take so long, and "
        "set the server's statement_timeout below it, so that the server says so."
    ),
    doc="https://magicstack.github.io/asyncpg/current/api/index.html",
    explained_by=("user-cancel", "deadlock", "lock-timeout", "slow-callback"),
    checks=("long-statement", "blocking-session"),
)
