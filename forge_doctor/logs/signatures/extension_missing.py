"""An extension that the schema needs is not there.

Means: The server's image has no pgvector, PostGIS, TimescaleDB ..., or CREATE EXTENSION did not run in this database.
Matches: `extension "vector" is not available`; `could not open extension control file`; `type "vector" does not exist` and the
    same of geometry, geography, hstore, citext, ltree, halfvec, sparsevec
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 18.6 server binary (as: 'extension "%s" is not available', 'could not open extension control file
    "%s"'); versions all; https://www.postgresql.org/docs/current/sql-createextension.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("extension control file", '" is not available', 'type "'),
    pattern=(
        r'extension "[\w-]+" is not available|could not open extension control file "'
        r'|type "(?:vector|halfvec|sparsevec|geometry|geography|hstore|citext|ltree)" does not exist'
    ),
    exceptions=(
        "psycopg2.errors.UndefinedFile",
        "psycopg2.errors.FeatureNotSupported",
        "psycopg2.errors.UndefinedObject",
    ),
    source="postgresql",
    versions="all",
    category="migration",
    severity=Severity.ERROR,
    tier=2,
    meaning="An extension that the schema needs is not there.",
    cause="The server's image has no pgvector, PostGIS, TimescaleDB ..., or CREATE EXTENSION did not run in this database.",
    fix=(
        "Look: SELECT name, installed_version FROM pg_available_extensions. Listed: CREATE EXTENSION in a migration before its "
        "types are used. Not listed: take an image or a plan of the server that has it."
    ),
    doc="https://www.postgresql.org/docs/current/sql-createextension.html",
    detail=r'(?:extension|type) "([\w-]+)"',
)
