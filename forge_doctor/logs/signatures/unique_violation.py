"""A row was inserted whose key is in the table already.

Means: Two requests looked, saw nothing, and both inserted (a race between check and insert); a client that
    retries; or, for a primary key, a sequence that stands behind its table after an import.
Matches: `duplicate key value violates unique constraint`; `UNIQUE constraint failed` (SQLite)
Ignores: the words in quotes, in an access log or below WARNING
Wrong when: the code expects it and catches it: the server writes the line all the same, and a warning is
    what careful code logs, so neither counts
Source: PostgreSQL 15.18 server binary (23505), asyncpg 0.30.0 asyncpg/exceptions/__init__.py
    (UniqueViolationError), libsqlite3 (Debian 12, strings);
    https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("duplicate key value violates unique constraint", "UNIQUE constraint failed: "),
    pattern="duplicate key value violates unique constraint|UNIQUE constraint failed: ",
    exceptions=(
        "asyncpg.exceptions.UniqueViolationError",
        "sqlalchemy.exc.IntegrityError",
        "psycopg.errors.UniqueViolation",
        "sqlite3.IntegrityError",
    ),
    source="postgresql",
    versions="all",
    category="schema",
    severity=Severity.ERROR,
    tier=2,
    meaning="A row was inserted whose key is in the table already.",
    cause=(
        "Two requests looked, saw nothing, and both inserted (a race between check and insert); a "
        "client that retries; or, for a primary key, a sequence that stands behind its table after an"
        " import."
    ),
    fix=(
        "Insert with ON CONFLICT, or catch IntegrityError, roll back and answer 409. Where the "
        "constraint is the primary key, set the sequence behind its largest value with setval()."
    ),
    doc="https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT",
    detail='(?:unique constraint |constraint failed: )\\"?([\\w.]+)',
    caught=True,
)
