"""A pooler (Supavisor, Pgpool-II) reaches none of the servers behind it.

Means: The database is down, restarts or fails over, or its address, port or secret in the pooler's settings is wrong. Supavisor
    says it too of a client whose server connection ended in the midst of its work.
Matches: Supavisor's `DbHandler exited`; Pgpool-II's `pgpool is not accepting any new connections`, `all
    backend nodes are down, pgpool requires at least one valid node`
Ignores: the words in quotes, in an access log or below WARNING; pgcat's `AllServersDown`, which it says too when its pool has
    nothing left in time
Source: supabase/supavisor lib/supavisor/client_handler.ex (XX000 `DbHandler exited`), Pgpool-II 4 src/protocol/child.c;
    https://www.pgpool.net/docs/latest/en/html/runtime-config-failover.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(
        "DbHandler exited",
        "all backend nodes are down, pgpool requires",
        "pgpool is not accepting any new connections",
    ),
    pattern=(
        "DbHandler exited|all backend nodes are down, pgpool requires|pgpool is not accepting any new connections"
    ),
    exceptions=(
        "asyncpg.exceptions.InternalServerError",
        "psycopg2.OperationalError",
        "psycopg.errors.InternalError_",
        "sqlalchemy.exc.OperationalError",
    ),
    source="supavisor",
    versions="Supavisor 1 and 2, Pgpool-II 4",
    category="connection",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="A pooler (Supavisor, Pgpool-II) reaches none of the servers behind it.",
    cause=(
        "The database is down, restarts or fails over, or its address, port or secret in the pooler's settings is wrong; "
        "with Supavisor also that the server connection ended in the midst of a client's work."
    ),
    fix=(
        "Ask the database past the pooler (`pg_isready -h HOST -p 5432`) and read its log at that time; "
        "attach Pgpool-II's nodes again (pcp_attach_node)."
    ),
    doc="https://www.pgpool.net/docs/latest/en/html/runtime-config-failover.html",
    explained_by=(
        "too-many-clients",
        "slots-reserved",
        "shutting-down",
        "admin-shutdown",
        "starting-up",
        "password-failed",
    ),
)
