"""The server's access rules refuse this host/user/database/encryption.

Means: Missing rule, or TLS needed and the client did not use it ('no encryption').
Matches: `no pg_hba.conf entry for` (asyncpg.exceptions.InvalidAuthorizationSpecificationError (28000))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/libpq/auth.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/auth-pg-hba-conf.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("no pg_hba.conf entry for",),
    pattern=r"no pg_hba\.conf entry for",
    exceptions=("asyncpg.exceptions.InvalidAuthorizationSpecificationError",),
    source="postgresql",
    versions="all",
    category="config",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="The server's access rules refuse this host/user/database/encryption.",
    cause="Missing rule, or TLS needed and the client did not use it ('no encryption').",
    fix="Add the rule or set ssl=require in connect_args.",
    doc="https://www.postgresql.org/docs/current/auth-pg-hba-conf.html",
)
