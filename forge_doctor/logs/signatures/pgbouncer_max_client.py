"""pgbouncer refused a client: max_client_conn reached.

Means: Too many application connections (workers x pool) or leaks.
Matches: `no more connections allowed (max_client_conn)` (ProtocolViolation 08P01); also: `no more connections
    allowed`
    Each refused client is told twice, as closed and as a pooler error, and counts once.
Ignores: the words in quotes, in an access log or below WARNING
Source: pgbouncer 1.18.0 src/client.c, pgbouncer git HEAD src/client.c; versions all;
    https://www.pgbouncer.org/config.html#max_client_conn
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("no more connections allowed",),
    pattern=r"no more connections allowed(?: \(max_client_conn\))?",
    once=r"\b(C-0x[0-9a-f]{1,20}: [^\s@]{1,200}@[^\s@]{1,100})",
    exceptions=("ProtocolViolation",),
    source="pgbouncer",
    versions="all",
    category="pgbouncer",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="pgbouncer refused a client: max_client_conn reached.",
    cause="Too many application connections (workers x pool) or leaks.",
    fix="Lower the application's pools; raise max_client_conn (and file limits).",
    doc="https://www.pgbouncer.org/config.html#max_client_conn",
    checks=("pool-exceeds-slots",),
)
