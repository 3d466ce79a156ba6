"""A client vanished in the middle of a transaction.

Means: Worker killed (OOM, timeout), container stopped, cancelled task.
Matches: `unexpected EOF on client connection with an open transaction` ((server log))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/postgres.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/runtime-config-logging.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("unexpected EOF on client connection with an open transaction",),
    pattern="unexpected EOF on client connection with an open transaction",
    exceptions=(),
    source="postgresql",
    versions="all",
    category="server-lifecycle",
    severity=Severity.WARNING,
    tier=2,
    meaning="A client vanished in the middle of a transaction.",
    cause="Worker killed (OOM, timeout), container stopped, cancelled task.",
    fix="Compare with the application's log: WORKER TIMEOUT, SIGKILL.",
    doc="https://www.postgresql.org/docs/current/runtime-config-logging.html",
    explained_by=("gunicorn-worker-timeout", "worker-oom", "uvicorn-worker-died"),
)
