"""An earlier flush failed (often an IntegrityError) and the session was used again without rollback().

Means: The exception was swallowed inside a loop or a helper and the session went on.
Matches: `This Session's transaction has been rolled back due to a previous exception during flush`
    (sqlalchemy.exc.PendingRollbackError)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/orm/session.py, SQLAlchemy 2.0.58 sqlalchemy/orm/session.py, SQLAlchemy
    2.1.9 sqlalchemy/orm/session.py; versions 1.4, 2.0, 2.1; https://sqlalche.me/e/20/7s2a
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("This Session's transaction has been rolled back due to a previous exception during flush",),
    pattern="This Session's transaction has been rolled back due to a previous exception during flush",
    exceptions=("sqlalchemy.exc.PendingRollbackError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="transaction",
    severity=Severity.ERROR,
    tier=1,
    meaning=("An earlier flush failed (often an IntegrityError) and the session was used again without rollback()."),
    cause="The exception was swallowed inside a loop or a helper and the session went on.",
    fix=(
        "Roll back in the except branch, or wrap each attempt in `async with "
        "session.begin_nested()`. The text after 'Original exception was' is the real error."
    ),
    doc="https://sqlalche.me/e/20/7s2a",
    tells=('the flush that failed first is the real error; the text after "Original exception was" names it'),
    rules=("swallowed-error-without-rollback", "no-rollback-on-error"),
    checks=("aborted-transaction",),
    fallout=True,
)
