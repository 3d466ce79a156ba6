"""A second query was sent on a connection still busy with the first.

Means: One session or connection shared by concurrent tasks; or a query cancelled by a timeout whose
    connection was then reused: what the server then answers is for a query that nobody waits for any more.
Matches: `cannot perform operation: another operation is in progress` (asyncpg.exceptions.InterfaceError
    (sqlalchemy.exc.InterfaceError)); also: `another operation is cancelling`, and as an InternalClientError
    `cannot switch to state 12; another operation (2) is in progress`, `got result for unknown protocol state 3`; of
    aiomysql, asyncmy and aiopg asyncio's own `readexactly() called while another coroutine is already waiting for incoming
    data`, where the traceback goes through them
Ignores: the words in quotes, in an access log or below WARNING
Source: asyncpg 0.27.0 asyncpg/protocol/protocol.pyx, asyncpg 0.30.0 asyncpg/protocol/protocol.pyx, asyncpg
    0.32.0 asyncpg/protocol/protocol.pyx, asyncpg/protocol/coreproto.pyx (_set_state), CPython 3.13
    Lib/asyncio/streams.py (_wait_for_data), aiopg 1.4.0 aiopg/connection.py (_create_waiter); versions 0.x - 0.32;
    https://magicstack.github.io/asyncpg/current/faq.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(
        "another operation is in progress",
        "another operation is cancelling",
        "cannot switch to state ",
        "got result for unknown protocol state ",
        "called while another coroutine is already waiting for incoming data",
    ),
    pattern=(
        r"another operation is (?:in progress|cancelling)|cannot switch to state \d+; another operation \(\d+\) is in progress"
        r"|got result for unknown protocol state \d|called while another coroutine is already waiting for incoming data"
    ),
    frames=(r"(?:^|/)(?:aiomysql|asyncmy|aiopg)/",),
    alone="another operation|unknown protocol state",
    exceptions=(
        "asyncpg.exceptions.InterfaceError",
        "asyncpg.exceptions.InternalClientError",
        "sqlalchemy.exc.InterfaceError",
        "RuntimeError",
    ),
    source="asyncpg",
    versions="0.x - 0.32",
    category="concurrency",
    severity=Severity.ERROR,
    tier=1,
    meaning="A second query was sent on a connection still busy with the first.",
    cause=(
        "One session or connection shared by concurrent tasks; or a query cancelled by a timeout "
        "whose connection was then reused."
    ),
    fix="One session or connection per task; do not gather() over one session.",
    doc="https://magicstack.github.io/asyncpg/current/faq.html",
    rules=("shared-session-in-tasks", "request-session-in-background", "global-session"),
)
