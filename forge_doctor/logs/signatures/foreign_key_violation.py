"""A row refers to one that is not there, or one was deleted that others refer to.

Means: The parent was never inserted, is inserted later in the same flush by hand, or was deleted by someone
    else; or a delete without a cascade.
Matches: `violates foreign key constraint`
Ignores: the words in quotes, in an access log or below WARNING
Wrong when: the code expects it and catches it: the server writes the line all the same, and a warning is
    what careful code logs, so neither counts
Source: PostgreSQL 15.18 server binary (23503), asyncpg 0.30.0 asyncpg/exceptions/__init__.py
    (ForeignKeyViolationError); https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("violates foreign key constraint",),
    pattern="violates foreign key constraint",
    exceptions=("asyncpg.exceptions.ForeignKeyViolationError", "sqlalchemy.exc.IntegrityError"),
    source="postgresql",
    versions="all",
    category="schema",
    severity=Severity.ERROR,
    tier=2,
    meaning="A row refers to one that is not there, or one was deleted that others refer to.",
    cause=(
        "The parent was never inserted, is inserted later in the same flush by hand, or was deleted "
        "by someone else; or a delete without a cascade."
    ),
    fix=(
        "Flush the parent first, or let the relationship order it; for a delete give the foreign key "
        "ON DELETE, or the relationship a cascade."
    ),
    doc="https://www.postgresql.org/docs/current/errcodes-appendix.html",
    detail='foreign key constraint \\"([\\w.]+)',
    caught=True,
)
