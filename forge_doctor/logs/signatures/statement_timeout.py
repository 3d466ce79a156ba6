"""The statement ran longer than statement_timeout.

Means: Slow query (missing index, lock wait, bad plan) or a timeout set too low.
Matches: `canceling statement due to statement timeout` (asyncpg.exceptions.QueryCanceledError (57014))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/postgres.c, PostgreSQL 15.18 server binary, PostgreSQL 18.6 server
    binary; versions all;
    https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("canceling statement due to statement timeout",),
    pattern="canceling statement due to statement timeout",
    exceptions=("asyncpg.exceptions.QueryCanceledError",),
    source="postgresql",
    versions="all",
    category="timeout",
    severity=Severity.ERROR,
    tier=1,
    meaning="The statement ran longer than statement_timeout.",
    cause="Slow query (missing index, lock wait, bad plan) or a timeout set too low.",
    fix="EXPLAIN the query; add the index; check for locks; set the timeout per job.",
    doc="https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT",
)
