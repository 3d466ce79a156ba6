"""The role of the URL does not exist on this server.

Means: Wrong user in the URL, or a volume that was initialised with another POSTGRES_USER: the image makes it only in an empty one.
Matches: `role "app" does not exist` (asyncpg.exceptions.InvalidAuthorizationSpecificationError, libpq's FATAL)
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 18.6 server binary (as: 'role "%s" does not exist'); versions all;
    https://hub.docker.com/_/postgres (Environment Variables)
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=('role "',),
    pattern='role "[^"]+" does not exist',
    exceptions=("asyncpg.exceptions.InvalidAuthorizationSpecificationError", "psycopg2.OperationalError"),
    source="postgresql",
    versions="all",
    category="config",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="The role of the URL does not exist on this server.",
    cause=(
        "Wrong user in the URL, or a volume that was initialised with another POSTGRES_USER: the image makes it only in an "
        "empty one."
    ),
    fix="Compare the URL with the roles (\\du in psql); create the role, or fix the URL. A new POSTGRES_USER changes no volume.",
    doc="https://hub.docker.com/_/postgres",
    detail='role "([^"]+)"',
)
