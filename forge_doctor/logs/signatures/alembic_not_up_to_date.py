"""autogenerate refused: migrations are pending.

Means: upgrade head was not run.
Matches: `Target database is not up to date.` (alembic.util.exc.CommandError)
Ignores: the words in quotes, in an access log or below WARNING
Source: alembic 1.20.1 alembic/autogenerate/api.py; versions all;
    https://alembic.sqlalchemy.org/en/latest/autogenerate.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Target database is not up to date.",),
    pattern=r"Target database is not up to date\.",
    exceptions=("alembic.util.exc.CommandError",),
    source="alembic",
    versions="all",
    category="migration",
    severity=Severity.ERROR,
    tier=2,
    meaning="autogenerate refused: migrations are pending.",
    cause="upgrade head was not run.",
    fix="Run alembic upgrade head first.",
    doc="https://alembic.sqlalchemy.org/en/latest/autogenerate.html",
)
