"""Login refused.

Means: Wrong secret, volume initialised with another password, special characters not URL-encoded.
Matches: `password authentication failed for user` (asyncpg.exceptions.InvalidPasswordError (28P01))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/libpq/auth.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/auth-password.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("password authentication failed for user",),
    pattern="password authentication failed for user",
    exceptions=("asyncpg.exceptions.InvalidPasswordError",),
    source="postgresql",
    versions="all",
    category="config",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="Login refused.",
    cause=("Wrong secret, volume initialised with another password, special characters not URL-encoded."),
    fix="Check the secret; quote_plus() the password in the URL.",
    doc="https://www.postgresql.org/docs/current/auth-password.html",
    detail='for user "([^"]+)"',
)
