"""An object needed a load after its session was closed.

Means: The object was returned from a closed session block and then an unloaded or expired attribute was read.
Matches: `is not bound to a Session` (sqlalchemy.orm.exc.DetachedInstanceError); also: `Parent instance <X> is
    not bound to a Session; lazy load operation of attribute 'y' cannot proceed`; `Instance <X> is not bound
    to a Session; attribute refresh operation cannot proceed`
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/orm/strategies.py, SQLAlchemy 2.0.58 sqlalchemy/orm/strategies.py,
    SQLAlchemy 2.1.9 sqlalchemy/orm/strategies.py, SQLAlchemy 2.0.58 sqlalchemy/orm/loading.py; versions 1.4,
    2.0, 2.1; https://sqlalche.me/e/20/bhk3
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("is not bound to a Session",),
    pattern="is not bound to a Session",
    exceptions=("sqlalchemy.orm.exc.DetachedInstanceError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="session",
    severity=Severity.ERROR,
    tier=1,
    meaning="An object needed a load after its session was closed.",
    cause=("The object was returned from a closed session block and then an unloaded or expired attribute was read."),
    fix=("Load relationships before closing, set expire_on_commit=False, or convert to a schema inside the block."),
    doc="https://sqlalche.me/e/20/bhk3",
    rules=("expired-after-commit", "expire-on-commit-left-on", "lazy-load-in-response"),
)
