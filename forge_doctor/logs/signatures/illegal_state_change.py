"""Two tasks used one Session at the same moment.

Means: One AsyncSession shared by asyncio.gather()/create_task()/TaskGroup, a background task reusing the
    request's session, or a request cancelled (timeout, client gone) while its query ran.
Matches: `can't be called here; method` (sqlalchemy.exc.IllegalStateChangeError); also: `is already in
    progress and this would cause an unexpected state change to`
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 2.0.58 sqlalchemy/orm/state_changes.py, SQLAlchemy 2.1.9 sqlalchemy/orm/state_changes.py;
    versions 2.0, 2.1; https://sqlalche.me/e/20/isce
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("can't be called here; method",),
    pattern=r"Method '\w+\(\)' can't be called here; method '\w+\(\)' is already in progress",
    exceptions=("sqlalchemy.exc.IllegalStateChangeError",),
    source="sqlalchemy",
    versions="2.0, 2.1",
    category="concurrency",
    severity=Severity.ERROR,
    tier=1,
    meaning=(
        "Two tasks used one Session at the same moment; a state-changing method (close, commit, "
        "rollback) arrived while another was running."
    ),
    cause=(
        "One AsyncSession shared by asyncio.gather()/create_task()/TaskGroup, a background task "
        "reusing the request's session, or a request cancelled (timeout, client gone) while its "
        "query ran."
    ),
    fix=(
        "One AsyncSession per task. For fan-out open a session in each coroutine; await child "
        "tasks before the session's block ends."
    ),
    doc="https://sqlalche.me/e/20/isce",
    explained_by=("provisioning-concurrent", "asyncpg-another-operation"),
    rules=("shared-session-in-tasks", "request-session-in-background", "global-session"),
)
