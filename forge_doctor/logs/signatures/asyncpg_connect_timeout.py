"""asyncpg gave up while connecting: the server did not answer within the connect timeout.

Means: The address takes packets and does not answer (security group, firewall, a stopped host), the server
    or its pooler has no time to fork, the name resolves to an address that is not reachable, or the event
    loop was blocked for longer than the timeout.
Matches: a bare `TimeoutError` (asyncio.exceptions.TimeoutError before Python 3.11) raised out of asyncpg's
    connect()
Ignores: a TimeoutError without asyncpg's connect among its frames: another timeout
Wrong when: the application's own wait_for() ended the wait: its TimeoutError has no frame of asyncpg, and
    is not matched
Source: asyncpg 0.27.0 asyncpg/connect_utils.py, asyncpg 0.30.0 and 0.32.0 asyncpg/connection.py (`async
    with compat.timeout(timeout)`, 60 s unless set);
    https://magicstack.github.io/asyncpg/current/api/index.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("TimeoutError",),
    pattern=r"\A(?:asyncio\.(?:exceptions\.)?|concurrent\.futures\._base\.)?TimeoutError\b",
    exceptions=("TimeoutError",),
    frames=("asyncpg/connection\\.py connect$", "asyncpg/connect_utils\\.py _"),
    source="asyncpg",
    versions="0.20 to 0.32",
    category="connection",
    severity=Severity.CRITICAL,
    tier=2,
    meaning=("asyncpg gave up while connecting: the server did not answer within the connect timeout."),
    cause=(
        "The address takes packets and does not answer (security group, firewall, a stopped host), "
        "the server or its pooler has no time to fork, the name resolves to an address that is not "
        "reachable, or the event loop was blocked for longer than the timeout."
    ),
    fix=(
        "Try the address from the same machine (`pg_isready -h HOST -p PORT`); see whether packets "
        "are dropped, whether the server has slots left and its CPU is free. A shorter `timeout=` in "
        "connect_args fails sooner, it does not connect."
    ),
    doc="https://magicstack.github.io/asyncpg/current/api/index.html",
    explained_by=("too-many-clients", "slots-reserved", "starting-up", "slow-callback"),
)
