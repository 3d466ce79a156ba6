"""A table, type or index is created that is there already.

Means: A migration runs a second time: its first run failed half way, two replicas started it together, or
    create_all() and the migration both make the table.
Matches: `relation "..." already exists`, `type "..." already exists`, `table ... already exists`; SQLite's `duplicate column
    name: ...`, MySQL's `(1050, "Table '...' already exists")`, `(1060, "Duplicate column name`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 15.18 server binary (42P07, 42710), asyncpg 0.30.0 asyncpg/exceptions/__init__.py
    (DuplicateTableError); https://alembic.sqlalchemy.org/en/latest/api/commands.html#alembic.command.stamp
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=('" already exists', " already exists", "duplicate column name: ", "(1060, "),
    pattern=(
        '(?:relation|type|constraint|schema|sequence|index) \\"[\\w.]+\\"(?: for relation \\"[\\w.]+\\")? '
        "already exists|\\b[Tt]able [\\w.'\\\"`]+ already exists|duplicate column name: \\w|\\(1060, ['\\\"]Duplicate column"
    ),
    exceptions=(
        "asyncpg.exceptions.DuplicateTableError",
        "asyncpg.exceptions.DuplicateObjectError",
        "sqlalchemy.exc.ProgrammingError",
        "sqlalchemy.exc.OperationalError",
    ),
    source="postgresql",
    versions="all",
    category="schema",
    severity=Severity.ERROR,
    tier=2,
    meaning="A table, type or index is created that is there already.",
    cause=(
        "A migration runs a second time: its first run failed half way, two replicas started it "
        "together, or create_all() and the migration both make the table."
    ),
    fix=(
        "Run migrations in one place only (a job before the deploy, or under an advisory lock); take "
        "create_all() out of the start; where the table is right already, `alembic stamp` that "
        "revision."
    ),
    doc="https://alembic.sqlalchemy.org/en/latest/api/commands.html#alembic.command.stamp",
    detail="(?:relation|type|constraint|schema|sequence|index|[Tt]able) ['\\\"`]?([\\w.]+)",
)
