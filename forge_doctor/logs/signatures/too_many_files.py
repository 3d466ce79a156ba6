"""A process may open no more files: sockets and connections count as well.

Means: What it opens is not closed (an engine, a client or a session made for each request), or its limit is lower than
    its connections need: containers and systemd often give 1024. From then on it accepts no request and reaches no database.
Matches: `[Errno 24] Too many open files`; `[Errno 23] Too many open files in system`; `too many open files`, as PostgreSQL,
    libpq and nginx have it
Ignores: the words in quotes, in an access log or below WARNING
Source: CPython errno 23 and 24 (EMFILE, ENFILE); https://man7.org/linux/man-pages/man2/getrlimit.2.html (RLIMIT_NOFILE)
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("oo many open files",),
    pattern="oo many open files",
    exceptions=("OSError", "BlockingIOError", "sqlalchemy.exc.OperationalError", "psycopg2.OperationalError"),
    source="cpython",
    versions="all",
    category="limits",
    severity=Severity.CRITICAL,
    tier=2,
    blames=False,
    meaning="A process may open no more files: sockets and connections count as well.",
    cause=(
        "What it opens is not closed (an engine, a client or a session made for each request), or its limit is lower "
        "than its connections need. The line that failed is whoever came next, not who leaks."
    ),
    fix=(
        "See what is open: ls -l /proc/PID/fd, and how many may be: grep 'open files' /proc/PID/limits. Many sockets to one "
        "address: make its engine or client once, and close what is made beside it. Else raise LimitNOFILE or ulimit -n."
    ),
    doc="https://man7.org/linux/man-pages/man2/getrlimit.2.html",
)
