"""The server lost a client that had not said goodbye.

Means: A process that ended without closing its connections, a health check that only opens a socket, a cut network.
Matches: `could not receive data from client: Connection reset by peer` ((server log)); also: `could not send data to client:
    Broken pipe`; `connection to client lost`
Ignores: the words in quotes, in an access log or in a program's own log below WARNING
Source: PostgreSQL 17.11 src/backend/libpq/pqcomm.c, src/backend/tcop/postgres.c; versions all;
    https://www.postgresql.org/docs/current/runtime-config-connection.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("could not receive data from client", "could not send data to client", "connection to client lost"),
    pattern="could not (?:receive data from|send data to) client: |connection to client lost",
    exceptions=(),
    source="postgres",
    versions="all",
    category="connection",
    severity=Severity.INFO,
    tier=2,
    meaning="The server lost a client that had not said goodbye.",
    cause="A process that ended without closing its connections, a health check that only opens a socket, a cut network.",
    fix=(
        "Close engines when a process ends (await engine.dispose()); let health checks use pg_isready; where neither is it, "
        "look at the network."
    ),
    doc="https://www.postgresql.org/docs/current/runtime-config-connection.html",
)
