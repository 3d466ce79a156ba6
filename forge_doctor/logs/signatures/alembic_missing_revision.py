"""The database is stamped with a revision that this image does not have.

Means: Rolled-back deployment, wrong branch or image.
Matches: `Can't locate revision identified by` (alembic.util.exc.CommandError)
Ignores: the words in quotes, in an access log or below WARNING
Source: alembic 1.20.1 alembic/script/base.py; versions all;
    https://alembic.sqlalchemy.org/en/latest/api/script.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Can't locate revision identified by",),
    pattern="Can't locate revision identified by",
    exceptions=("alembic.util.exc.CommandError",),
    source="alembic",
    versions="all",
    category="migration",
    severity=Severity.ERROR,
    tier=1,
    meaning="The database is stamped with a revision that this image does not have.",
    cause="Rolled-back deployment, wrong branch or image.",
    fix="Deploy the image with that revision, or stamp/downgrade knowingly.",
    doc="https://alembic.sqlalchemy.org/en/latest/api/script.html",
)
