"""Nothing listens at the database's address.

Means: Database down or still starting, wrong host or port ('localhost' inside a container), network policy.
Matches: `Connect call failed (` (ConnectionRefusedError / OSError); also: `[Errno 111] Connect call failed
    ('127.0.0.1', 5432)`; `Multiple exceptions: [Errno 111] Connect call failed`; `[Errno 111] Connection
    refused (uvloop: no address in the text)`; `Is the server running on that host and accepting TCP/IP
    connections? (libpq)`; `could not connect to server: Connection refused` (libpq before 14); `[WinError
    1225]`, `[WinError 10061]` (Windows, in its language); `connection failed: Connection refused` (psycopg 3.0)
Ignores: the words in quotes, in an access log or below WARNING
Source: CPython 3.11 asyncio/selector_events.py (as: 'Connect call failed'), CPython 3.13
    asyncio/selector_events.py (as: 'Connect call failed'); versions all;
    https://docs.python.org/3/library/asyncio-eventloop.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(
        "Connect call failed (",
        "[Errno 111] Connection refused",
        "failed: Connection refused",
        "could not connect to server: Connection refused",
        "[Errno 61] Connect",
        "[WinError 1225]",
        "[WinError 10061]",
    ),
    pattern=(
        r"Connect call failed \(|\[Errno (?:111|61)\] (?:Connection refused"
        "|Connect call failed)|connection to server at .* failed: Connection refused"
        r"|could not connect to server: Connection refused|\[WinError (?:1225|10061)\]"
        r"|connection failed: Connection refused\s{1,8}Is the server running on that host"
    ),
    exceptions=("ConnectionRefusedError", "OSError"),
    source="cpython asyncio",
    versions="all",
    category="connection",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="Nothing listens at the database's address.",
    cause=("Database down or still starting, wrong host or port ('localhost' inside a container), network policy."),
    fix="Fix the host (the compose service name), wait for readiness, retry with back-off.",
    doc="https://docs.python.org/3/library/asyncio-eventloop.html",
    detail=r"Connect call failed \(([^)]{0,200})\)",
    explained_by=("admin-shutdown", "shutting-down", "crash-other-process", "backend-signal"),
)
