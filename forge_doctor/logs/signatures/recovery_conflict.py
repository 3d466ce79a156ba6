"""A query on a standby was cancelled because replay needed its rows.

Means: Long reads on a hot standby.
Matches: `due to conflict with recovery` (asyncpg.exceptions.SerializationError (40001))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/postgres.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-CONFLICT
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("due to conflict with recovery",),
    pattern="due to conflict with recovery",
    exceptions=("asyncpg.exceptions.SerializationError",),
    source="postgresql",
    versions="all",
    category="replica",
    severity=Severity.ERROR,
    tier=2,
    meaning="A query on a standby was cancelled because replay needed its rows.",
    cause="Long reads on a hot standby.",
    fix="hot_standby_feedback or max_standby_streaming_delay; retry; move long reads.",
    doc="https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-CONFLICT",
)
