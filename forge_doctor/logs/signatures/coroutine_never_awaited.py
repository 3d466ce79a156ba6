"""A coroutine object was created and thrown away: its body never ran.

Means: `await` is missing: session.commit(), session.close(), session.rollback(), engine.dispose() ... so data
    is silently not saved or connections are not returned.
Matches: `was never awaited` (RuntimeWarning); also: `RuntimeWarning: coroutine 'AsyncSession.commit' was
    never awaited`
Ignores: coroutines of SQLAlchemy's own internals (`AsyncAdapt_...`): fallout of another error
Source: CPython 3.11 warnings.py, CPython 3.12 warnings.py, CPython 3.13 warnings.py; versions 3.7+;
    https://docs.python.org/3/library/asyncio-dev.html#detect-never-awaited-coroutines
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("was never awaited",),
    pattern="coroutine '([^']+)' was never awaited",
    exceptions=("RuntimeWarning",),
    source="cpython",
    versions="3.7+",
    category="unawaited",
    severity=Severity.ERROR,
    tier=1,
    meaning="A coroutine object was created and thrown away: its body never ran.",
    cause=(
        "`await` is missing: session.commit(), session.close(), session.rollback(), "
        "engine.dispose() ... so data is silently not saved or connections are not returned."
    ),
    fix=("Add the await. Turn the warning into an error in tests (-W error::RuntimeWarning) and lint for it."),
    doc="https://docs.python.org/3/library/asyncio-dev.html#detect-never-awaited-coroutines",
    tells=("a lower bound: Python prints this once per source line and process; the call was lost every time"),
    detail="coroutine '([^']+)' was",
    rules=("unawaited-session-call", "unawaited-data-access"),
)
