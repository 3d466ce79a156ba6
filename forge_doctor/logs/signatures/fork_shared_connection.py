"""One connection is used by two processes: it was opened before a fork.

Means: An engine or pool made at import, used before the fork (gunicorn --preload, Celery's prefork,
    multiprocessing), so that parent and children write into the same TLS stream.
Matches: `decryption failed or bad record mac`, `sslv3 alert bad record mac`, `SSL SYSCALL error: Bad file descriptor`,
    `SSL SYSCALL error: Socket operation on non-socket`, `lost synchronization with server`, `insufficient data in "D" message`
Ignores: the words in quotes, in an access log or below WARNING
Source: libpq and OpenSSL 3 (Debian 12, strings);
    https://docs.sqlalchemy.org/en/20/core/pooling.html#using-connection-pools-with-multiprocessing-or-os-fork
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(
        "bad record mac",
        "SSL SYSCALL error: Bad file descriptor",
        "SSL SYSCALL error: Socket operation",
        "lost synchronization with server",
    ),
    pattern=(
        "decryption failed or bad record mac|alert bad record mac|lost synchronization with server"
        "|SSL SYSCALL error: (?:Bad file descriptor|Socket operation on non-socket)"
    ),
    exceptions=(
        "psycopg2.OperationalError",
        "psycopg2.DatabaseError",
        "psycopg.OperationalError",
        "sqlalchemy.exc.OperationalError",
        "ssl.SSLError",
    ),
    source="libpq",
    versions="all",
    category="connection",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="One connection is used by two processes: it was opened before a fork.",
    cause=(
        "An engine or pool made at import, used before the fork (gunicorn --preload, Celery's "
        "prefork, multiprocessing), so that parent and children write into the same TLS stream."
    ),
    fix=(
        "Make the engine in each process, or drop what came over the fork: "
        "`engine.dispose(close=False)` in Celery's worker_process_init and gunicorn's post_fork. It "
        "is no matter of networks or idle times."
    ),
    doc=("https://docs.sqlalchemy.org/en/20/core/pooling.html#using-connection-pools-with-multiprocessing-or-os-fork"),
    explained_by=(),
    rules=("global-session",),
)
