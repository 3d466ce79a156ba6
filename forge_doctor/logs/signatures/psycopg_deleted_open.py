"""A psycopg connection or cursor was collected without close().

Means: Missing `with`.
Matches: `was deleted while still open` (ResourceWarning)
Ignores: the words in quotes, in an access log or below WARNING
Source: psycopg 3.3.9 psycopg/_connection_base.py; versions 3.x;
    https://www.psycopg.org/psycopg3/docs/api/connections.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("was deleted while still open",),
    pattern="was deleted while still open",
    exceptions=("ResourceWarning",),
    source="psycopg",
    versions="3.x",
    category="pool",
    severity=Severity.WARNING,
    tier=2,
    meaning="A psycopg connection or cursor was collected without close().",
    cause="Missing `with`.",
    fix="Use the context manager or the pool.",
    doc="https://www.psycopg.org/psycopg3/docs/api/connections.html",
    blames=False,
    once=" at (0x[0-9a-fA-F]+)",
    rules=("unclosed-session", "close-skipped-on-error"),
)
