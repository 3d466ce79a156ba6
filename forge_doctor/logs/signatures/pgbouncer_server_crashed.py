"""The server side of a pooled connection vanished.

Means: PostgreSQL restart, crash or termination of a backend.
Matches: `server conn crashed?` (FATAL 08P01)
Ignores: the words in quotes, in an access log or below WARNING
Source: pgbouncer 1.18.0 src/server.c, pgbouncer git HEAD src/server.c; versions all;
    https://www.pgbouncer.org/faq.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("server conn crashed?",),
    pattern=r"server conn crashed\?",
    exceptions=(),
    source="pgbouncer",
    versions="all",
    category="pgbouncer",
    severity=Severity.ERROR,
    tier=2,
    meaning="The server side of a pooled connection vanished.",
    cause="PostgreSQL restart, crash or termination of a backend.",
    fix="See PostgreSQL's log; retry the work.",
    doc="https://www.pgbouncer.org/faq.html",
)
