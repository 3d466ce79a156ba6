"""Processes share one server connection: it was opened before they were forked.

Why:
    An engine that connects before the workers are forked leaves each of them the same socket. Answers reach the wrong
    worker, and errors name whatever line was reading.

Confirms:
    One socket in several processes; errors of the protocol that no single process can make.

Contradicts:
    Every worker with sockets of its own.

Explains:
    Protocol errors, operations in progress, connections closed by somebody else.

Wrong when:
    Two tasks of one process share a session: that is another cause, and the sockets tell them apart.

Source:
    SQLAlchemy documentation, "Using Connection Pools with Multiprocessing or os.fork()".
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, Opened, checks

CAUSE = Cause(
    title="Several processes use one server connection: it was opened before they were forked",
    urgency=Urgency.OUTAGE,
    shows=checks(pool="connection-shared-after-fork", logs="fork-shared-connection"),
    fits=checks(lint="engine-across-event-loops"),
    explains=frozenset(
        {
            *("asyncpg-another-operation", "libpq-ssl-eof", "libpq-server-closed", "result-closed", "loop-closed"),
            *("bound-different-loop", "different-loop", "asyncpg-connection-closed", "tx-aborted", "reset-by-peer"),
            *("asyncpg-closed-mid-operation", "prepared-exists", "prepared-missing", "pending-rollback"),
            *("invalidated-tx", "provisioning-concurrent", "pool-reset-error", "pool-terminate-error"),
        }
    ),
    change="engine.sync_engine.dispose(close=False)   # first thing in each worker (gunicorn: post_fork), or make the engine there",
    next=("forge-doctor pool   # on the host of the workers: one socket in two processes",),
    local=False,
    held=False,
    opened=Opened.SETTING,
    depth=1,
)
