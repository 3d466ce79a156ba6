"""Use of a closed psycopg2 connection, or of a closed cursor.

Means: The server closed an idle pooled connection (restart, idle timeout, NAT or firewall) and no pre-ping
    noticed; or a cursor was closed (by a commit, a rollback, a close) while its rows were still read.
Matches: `connection already closed`, `cursor already closed` (psycopg2.InterfaceError)
Ignores: the words in quotes, in an access log or below WARNING
Source: psycopg2 2.9.13 psycopg/connection.h, psycopg/cursor.h; versions 2.x; https://www.psycopg.org/docs/connection.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("connection already closed", "cursor already closed"),
    pattern="(?:connection|cursor) already closed",
    exceptions=("psycopg2.InterfaceError",),
    source="psycopg2",
    versions="2.x",
    category="connection",
    severity=Severity.ERROR,
    tier=2,
    meaning="Use of a closed psycopg2 connection, or of a closed cursor.",
    cause=(
        "The server closed an idle pooled connection (restart, idle timeout, NAT or firewall) and no pre-ping noticed; "
        "or a cursor was closed (by a commit, a rollback, a close) while its rows were still read."
    ),
    fix="pool_pre_ping=True, pool_recycle below the firewall's idle limit; read a cursor's rows before the transaction ends.",
    doc="https://www.psycopg.org/docs/connection.html",
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
