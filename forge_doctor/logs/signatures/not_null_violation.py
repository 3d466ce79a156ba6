"""A column that must have a value got none.

Means: A value that the request left out, a default that only Python knows (`default=`) where another writer
    inserts, or a child whose parent was taken away.
Matches: `violates not-null constraint`
Ignores: the words in quotes, in an access log or below WARNING
Wrong when: the code expects it and catches it: the server writes the line all the same, and a warning is
    what careful code logs, so neither counts
Source: PostgreSQL 15.18 server binary (23502), asyncpg 0.30.0 asyncpg/exceptions/__init__.py
    (NotNullViolationError); https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("violates not-null constraint",),
    pattern="violates not-null constraint",
    exceptions=("asyncpg.exceptions.NotNullViolationError", "sqlalchemy.exc.IntegrityError"),
    source="postgresql",
    versions="all",
    category="schema",
    severity=Severity.ERROR,
    tier=2,
    meaning="A column that must have a value got none.",
    cause=(
        "A value that the request left out, a default that only Python knows (`default=`) where "
        "another writer inserts, or a child whose parent was taken away."
    ),
    fix=(
        "Require the value in the request's model, or give the column a server_default; a child that "
        "lost its parent needs cascade='all, delete-orphan'."
    ),
    doc="https://www.postgresql.org/docs/current/errcodes-appendix.html",
    detail='column \\"([\\w.]+)',
    caught=True,
)
