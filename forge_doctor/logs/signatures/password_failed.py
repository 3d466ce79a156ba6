"""Login refused.

Means: Wrong secret, volume initialised with another password, special characters not URL-encoded; with `Peer` or `Ident` the
    user of the operating system is another one than the role.
Matches: `password authentication failed for user` (asyncpg.exceptions.InvalidPasswordError (28P01)), and `Peer`, `Ident`, `LDAP`,
    `PAM`, `GSSAPI`, `SSPI`, `RADIUS`, `certificate` in its place (28000)
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/libpq/auth.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/auth-password.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(
        "password authentication failed for user",
        "Peer authentication failed for user",
        "Ident authentication failed for user",
        "LDAP authentication failed for user",
        "PAM authentication failed for user",
        "GSSAPI authentication failed for user",
        "SSPI authentication failed for user",
        "RADIUS authentication failed for user",
        "certificate authentication failed for user",
    ),
    pattern=r"(?:password|\b(?:Peer|Ident|LDAP|PAM|GSSAPI|SSPI|RADIUS|certificate)) authentication failed for user",
    exceptions=("asyncpg.exceptions.InvalidPasswordError",),
    source="postgresql",
    versions="all",
    category="config",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="Login refused.",
    cause=(
        "Wrong secret, volume initialised with another password, special characters not URL-encoded; with Peer or Ident "
        "the user of the operating system is another one than the role."
    ),
    fix=(
        "Check the secret; quote_plus() the password in the URL. Peer and Ident: connect over TCP (host=localhost), as that "
        "user, or give the role another method in pg_hba.conf."
    ),
    doc="https://www.postgresql.org/docs/current/auth-password.html",
    detail='for user "([^"]+)"',
)
