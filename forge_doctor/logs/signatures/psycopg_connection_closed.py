"""Use of a closed psycopg 3 connection.

Means: The server closed an idle pooled connection (restart, idle timeout, NAT or firewall) and no pre-ping
    noticed.
Matches: `the connection is closed` (psycopg.OperationalError); also: `the connection is lost`
Ignores: the words in quotes, in an access log or below WARNING
Source: psycopg 3.3.9 psycopg/_connection_base.py, psycopg 3.3.9 psycopg/pq/pq_ctypes.py; versions 3.x;
    https://www.psycopg.org/psycopg3/docs/api/connections.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("the connection is closed", "the connection is lost"),
    pattern=r"(?:psycopg\S*|OperationalError\)?):? .*the connection is (?:closed|lost)\b",
    exceptions=("psycopg.OperationalError",),
    source="psycopg",
    versions="3.x",
    category="connection",
    severity=Severity.ERROR,
    tier=2,
    meaning="Use of a closed psycopg 3 connection.",
    cause=(
        "The server closed an idle pooled connection (restart, idle timeout, NAT or firewall) and no pre-ping noticed."
    ),
    fix="pool_pre_ping=True, pool_recycle below the firewall's idle limit.",
    doc="https://www.psycopg.org/psycopg3/docs/api/connections.html",
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
