"""Closing a pooled connection failed.

Means: The event loop that made the connection is closed, the task was cancelled, or the socket is already
    dead.
Matches: `Exception terminating connection` ((logged) ERROR sqlalchemy.pool); also: `Exception closing
    connection`
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 2.0.58 sqlalchemy/pool/base.py (as: "Exception {'terminating' if terminate else 'closing'}
    connection"), SQLAlchemy 2.1.9 sqlalchemy/pool/base.py (as: "Exception {'terminating' if terminate else
    'closing'} connection"); versions 1.4, 2.0, 2.1;
    https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Exception terminating connection", "Exception closing connection"),
    pattern="Exception (?:terminating|closing) connection",
    exceptions=(),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="pool",
    severity=Severity.WARNING,
    tier=2,
    meaning="Closing a pooled connection failed.",
    cause=("The event loop that made the connection is closed, the task was cancelled, or the socket is already dead."),
    fix=(
        "Dispose of the engine inside its own loop (`await engine.dispose()` at shutdown); do not"
        " share an engine between loops."
    ),
    doc=("https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops"),
)
