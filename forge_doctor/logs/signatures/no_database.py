"""The database does not exist.

Means: Wrong name in the URL, or it was never created.
Matches: `database "` (asyncpg.exceptions.InvalidCatalogNameError (3D000)); also: `database "shopdb" does not
    exist`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/utils/init/postinit.c (as: 'database "%s" does not exist'); versions all;
    https://www.postgresql.org/docs/current/sql-createdatabase.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=('database "',),
    pattern='database "[^"]+" does not exist',
    exceptions=("asyncpg.exceptions.InvalidCatalogNameError",),
    source="postgresql",
    versions="all",
    category="config",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="The database does not exist.",
    cause="Wrong name in the URL, or it was never created.",
    fix="Create it or fix the URL.",
    doc="https://www.postgresql.org/docs/current/sql-createdatabase.html",
    detail='database "([^"]+)"',
)
