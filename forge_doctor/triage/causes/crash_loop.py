"""The service never starts: it is started again and again.

Why:
    Something ends each start before the service is ready: a migration, an import, a database that refuses. Whatever else
    the log says comes from the starts.

Confirms:
    Several starts in the log none of which became ready, with one error before each end.

Contradicts:
    A start that succeeded later.

Explains:
    Connections that come and go, clients the server lost, refused connections.

Wrong when:
    A supervisor recycles workers on purpose. Looked at: whether a start became ready.

Source:
    gunicorn and uvicorn, lifespan; seen in logs of both.
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, checks

CAUSE = Cause(
    title="The service never starts: it is started again and again",
    urgency=Urgency.OUTAGE,
    shows=checks(logs="crash-loop worker-boot-loop worker-failed-to-boot startup-failed"),
    explains=frozenset(
        {
            *("connection-churn", "server-unexpected-eof", "abandoned-sessions", "worker-signal-old", "worker-oom"),
            *("uvicorn-worker-died", "worker-stopped", "undefined-table", "connect-refused", "unknown-error"),
            *(
                "alembic-heads",
                "alembic-missing-revision",
                "alembic-not-up-to-date",
                "table-exists",
                "not-the-database",
            ),
        }
    ),
    change="What ended each start is told above: mend that; a restart only repeats it.",
    next=("forge-doctor logs   # which error stands before each end",),
    local=False,
    depth=1,
)
