"""Nothing listens at the database's address.

Means: Database down or still starting, wrong host or port ('localhost' inside a container), network policy.
Matches: `Connect call failed (` (ConnectionRefusedError / OSError); also: `[Errno 111] Connect call failed
    ('127.0.0.1', 5432)`; `Multiple exceptions: [Errno 111] Connect call failed`; `[Errno 111] Connection
    refused (uvloop: no address in the text)`; `Is the server running on that host and accepting TCP/IP
    connections? (libpq)`; `could not connect to server: Connection refused` (libpq before 14); `[WinError
    1225]`, `[WinError 10061]` (Windows, in its language); libpq of a socket that is not there: `No such file or directory`
    with `Is the server running locally`, with `connection is bad: ` before it (psycopg 3);
    `connection failed: Connection refused` (psycopg 3.0);
    what other languages' drivers say of a database's port: `dial tcp 10.0.0.4:5432: connect: connection refused` (Go),
    `connect ECONNREFUSED 10.0.0.4:5432` (Node), `Connection to db:5432 refused. Check that the hostname` (pgjdbc),
    `tcp connect (db:5432): connection refused` (Postgrex), `Can't reach database server at` (Prisma),
    `error communicating with database: Connection refused` (sqlx), `error connecting to server: Connection refused` (tokio-postgres)
Ignores: the words in quotes, in an access log or below WARNING; in Go and Node, other ports than PostgreSQL's, MySQL's and poolers'
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
        "failed: No such file or directory",
        "could not connect to server: No such file or directory",
        "connection is bad: No such file or directory",
        "connect: connection refused",
        "connect ECONNREFUSED ",
        " refused. Check that the hostname",
        "): connection refused - :econnrefused",
        "Can't reach database server at",
        "database: Connection refused (os error",
        "connecting to server: Connection refused (os error",
    ),
    pattern=(
        r"Connect call failed \(|\[Errno (?:111|61)\] (?:Connection refused"
        "|Connect call failed)|connection to server at .* failed: Connection refused"
        r"|could not connect to server: Connection refused|\[WinError (?:1225|10061)\]"
        r"|connection failed: Connection refused\s{1,8}Is the server running on that host"
        r"|connection to server on socket .* failed: No such file or directory"
        r"|(?:could not connect to server|connection is bad): No such file or directory\s{1,9}Is the server running locally"
        r"|(?:panic: )?dial tcp \S{1,260}:(?:543\d|6432|6543|3306): connect: connection refused"
        r"|connect ECONNREFUSED (?:\S{1,260}:(?:543\d|6432|6543|3306)\b|\S{1,200}/\.s\.PGSQL\.)"
        r"|Connection to \S{1,260}:\d{1,5} refused\. Check that the hostname"
        r"|tcp connect \([^)\n]{1,260}:(?:543\d|6432|6543|3306)\): connection refused"
        "|Can't reach database server at"
        r"|error (?:communicating with database|connecting to server): Connection refused \(os error"
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
