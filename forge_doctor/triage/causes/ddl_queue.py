"""A schema change waits for its lock, and everybody else waits behind it.

Why:
    ALTER TABLE and its like want the strongest lock. While one waits for an open transaction, every later statement on
    that table waits behind it, even those that would have run beside the transaction.

Confirms:
    A lock queue in which a schema change stands before others, by the server's own lock table; a migration that runs.

Contradicts:
    Nobody waits behind the change.

Explains:
    Lock and statement timeouts, cancelled statements, timeouts of the pool, the transaction ahead of the change.

Wrong when:
    The change has its lock and works: then it is the change itself that takes long. Looked at: who is the root.

Source:
    PostgreSQL documentation, "Explicit Locking" and "ALTER TABLE"; seen with 18.
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, checks

CAUSE = Cause(
    title="A schema change stands in a lock queue, and everybody waits behind it",
    urgency=Urgency.OUTAGE,
    shows=checks(
        pool="blocking-session:behind-schema-change blocking-session:schema-change",
        migrations="migration-waits migration-blocks",
    ),
    fits=checks(migrations="lock-timeout-unset pending-migration-blocks", logs="lock-timeout"),
    explains=frozenset(
        {
            *("lock-timeout", "statement-timeout", "asyncpg-command-timeout", "user-cancel", "pool-timeout"),
            *("long-statement", "long-transaction", "idle-in-transaction", "pool-too-small", "worker-at-limit"),
            *("hoarding-worker", "slots-reserved", "too-many-clients", "no-slot-left", "headroom-low", "slow-by-lock"),
            *("deadlock", "gunicorn-worker-timeout", "contended-wait", "timeout-unset"),
        }
    ),
    change="SET lock_timeout = '3s' in the migration's session (env.py), and try again: it gives up instead of stopping everybody.\n"
    "Fill data in a transaction of its own: what a schema change has locked stays locked until COMMIT.",
    next=("forge-doctor migrations   # which pending revisions lock what",),
    depth=1,
    absent="no schema change waits or holds a lock",
)
