"""Prepared statements meet a pooler that changes the server connection.

Why:
    asyncpg prepares each statement on one server connection. A pooler in transaction mode gives the next transaction
    another one, where that name is unknown or somebody else's. Whichever line queries next is told.

Confirms:
    "prepared statement ... does not exist" or "already exists" in the log; pgbouncer in transaction mode without
    max_prepared_statements; an engine whose statement cache is on.

Contradicts:
    No pooler between the application and the server.

Explains:
    Every such error, at whatever line.

Wrong when:
    A migration has changed a type under a cached plan: that is another message (cached-plan), and is not joined here.

Source:
    SQLAlchemy documentation, asyncpg dialect, "Prepared Statement Name with PGBouncer"; pgbouncer, max_prepared_statements.
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, Opened, checks

CAUSE = Cause(
    title="Prepared statements meet a pooler that changes the connection",
    urgency=Urgency.OUTAGE,
    shows=checks(
        pool="bouncer-prepared-statements",
        logs="prepared-exists prepared-missing prepared-unnamed-missing",
        lint="statement-cache-behind-pgbouncer",
    ),
    explains=frozenset({"tx-aborted", "pending-rollback", "invalidated-tx", "frequent-rollbacks"}),
    change="connect_args={'statement_cache_size': 0, 'prepared_statement_name_func': lambda: f'__asyncpg_{uuid4()}__'}\n"
    "or max_prepared_statements = 200 in pgbouncer.ini (1.21 and later)",
    next=("forge-doctor pool --bouncer URL   # pool_mode and max_prepared_statements",),
    local=False,
    held=False,
    opened=Opened.SETTING,
    depth=3,
)
