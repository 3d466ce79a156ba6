"""The peer dropped the TCP connection.

Means: Crash of the server, an idle connection cut by a load balancer or a NAT, a proxy restart.
Matches: `Connection reset by peer` (ConnectionResetError); also: `[Errno 104] Connection reset by peer`;
    `could not receive data from client: Connection reset by peer (server log)`; `could not receive data from server:
    Connection timed out`, as libpq says where packets no longer come back
Ignores: the words in quotes, in an access log or below WARNING
Source: ; versions all; https://docs.sqlalchemy.org/en/20/core/pooling.html#dealing-with-disconnects
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Connection reset by peer", "could not receive data from server: Connection timed out"),
    pattern="Connection reset by peer|could not receive data from server: Connection timed out",
    exceptions=("ConnectionResetError",),
    source="os",
    versions="all",
    category="connection",
    severity=Severity.ERROR,
    tier=2,
    meaning="The peer dropped the TCP connection.",
    cause=("Crash of the server, an idle connection cut by a load balancer or a NAT, a proxy restart."),
    fix="Keepalives, pool_recycle, pool_pre_ping; check the proxy's idle timeout.",
    doc="https://docs.sqlalchemy.org/en/20/core/pooling.html#dealing-with-disconnects",
    explained_by=(
        "idle-in-transaction",
        "idle-session",
        "transaction-timeout",
        "admin-shutdown",
        "crash-other-process",
        "backend-signal",
        "shutting-down",
        "pgbouncer-query-wait",
        "pgbouncer-server-crashed",
        "pgbouncer-server-login",
    ),
    fallout=True,
)
