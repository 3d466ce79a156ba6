"""A client connected to pgbouncer and did not log in within client_login_timeout.

Means: A client that is too busy to answer, a login that waits for a server (auth_query, a full pool), a check that only
    connects.
Matches: `pooler error: client_login_timeout` (pgbouncer's log); also: `closing because: client_login_timeout (age=..s)`
Ignores: the setting's name in a configuration dump
Source: pgbouncer 1.18.0 src/janitor.c (as: '"client_login_timeout"'); versions all;
    https://www.pgbouncer.org/config.html#client_login_timeout
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("client_login_timeout",),
    pattern=r"(?:[Pp]ooler [Ee]rror: |closing because: |ERROR: +|FATAL: +|operation: )client_login_timeout",
    exceptions=("ProtocolViolation",),
    source="pgbouncer",
    versions="all",
    category="pgbouncer",
    severity=Severity.WARNING,
    tier=2,
    meaning="A client connected to pgbouncer and did not log in within client_login_timeout.",
    cause="A client that is too busy to answer, a login that waits for a server (auth_query, a full pool), a bare health check.",
    fix="See in SHOW POOLS and SHOW SERVERS what logins wait for; look for a client whose event loop is blocked.",
    doc="https://www.pgbouncer.org/config.html#client_login_timeout",
)
