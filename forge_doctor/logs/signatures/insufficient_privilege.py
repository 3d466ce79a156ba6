"""The role may not do this: a grant is missing.

Means: The table was made by another role (a migration under the owner's name) and no one granted it to the
    application's; or a new schema, where PUBLIC has no rights since PostgreSQL 15.
Matches: `permission denied for table|schema|sequence|relation|function|database|view|column ...`, `must be
    owner of`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 15.18 server binary (42501), asyncpg 0.30.0 asyncpg/exceptions/__init__.py
    (InsufficientPrivilegeError); https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("permission denied for ", "must be owner of "),
    pattern=(
        "permission denied (?:for|to) "
        "(?:table|schema|sequence|relation|function|database|view|column|type|materialized|large "
        "object|foreign|procedure|language|parameter|create|set) ?\\w*|must be owner of \\w+"
    ),
    exceptions=(
        "asyncpg.exceptions.InsufficientPrivilegeError",
        "sqlalchemy.exc.ProgrammingError",
        "psycopg.errors.InsufficientPrivilege",
    ),
    source="postgresql",
    versions="all",
    category="schema",
    severity=Severity.ERROR,
    tier=2,
    meaning="The role may not do this: a grant is missing.",
    cause=(
        "The table was made by another role (a migration under the owner's name) and no one granted "
        "it to the application's; or a new schema, where PUBLIC has no rights since PostgreSQL 15."
    ),
    fix=(
        "GRANT what is missing to the application's role, and ALTER DEFAULT PRIVILEGES for the role "
        "that runs migrations, so that the next table has it too."
    ),
    doc="https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html",
    detail='(?:permission denied for|must be owner of) (\\w+ \\"?[\\w.]+)',
)
