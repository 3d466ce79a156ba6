"""Two branches of migrations; upgrade head is ambiguous.

Means: Two merges added a revision on the same parent.
Matches: `Multiple head revisions are present for given argument` (alembic.util.exc.CommandError)
Ignores: the words in quotes, in an access log or below WARNING
Source: alembic 1.20.1 alembic/script/base.py; versions all;
    https://alembic.sqlalchemy.org/en/latest/branches.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Multiple head revisions are present for given argument",),
    pattern="Multiple head revisions are present for given argument",
    exceptions=("alembic.util.exc.CommandError",),
    source="alembic",
    versions="all",
    category="migration",
    severity=Severity.ERROR,
    tier=1,
    meaning="Two branches of migrations; upgrade head is ambiguous.",
    cause="Two merges added a revision on the same parent.",
    fix="alembic merge heads, or upgrade heads.",
    doc="https://alembic.sqlalchemy.org/en/latest/branches.html",
)
