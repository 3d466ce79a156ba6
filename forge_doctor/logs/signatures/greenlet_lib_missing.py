"""greenlet is not installed, so the asyncio layer cannot work.

Means: SQLAlchemy was installed without the [asyncio] extra on a platform or Python for which greenlet is no
    longer a default dependency (always so from 2.1).
Matches: `the greenlet library is required to use this function` (ValueError)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 2.0.58 sqlalchemy/util/concurrency.py; versions 1.4, 2.0 (2.1 reworded);
    https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#asyncio-platform-installation-notes-including-apple-m1
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("the greenlet library is required to use this function",),
    pattern="the greenlet library is required to use this function",
    exceptions=("ValueError",),
    source="sqlalchemy",
    versions="1.4, 2.0 (2.1 reworded)",
    category="config",
    severity=Severity.ERROR,
    tier=2,
    meaning="greenlet is not installed, so the asyncio layer cannot work.",
    cause=(
        "SQLAlchemy was installed without the [asyncio] extra on a platform or Python for which "
        "greenlet is no longer a default dependency (always so from 2.1)."
    ),
    fix="Install `sqlalchemy[asyncio]` (or greenlet itself) in the image.",
    doc=(
        "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#asyncio-platform-installat"
        "ion-notes-including-apple-m1"
    ),
)
