"""A checked-out connection was garbage collected: its owner never closed it.

Means: AsyncSession()/engine.connect() without `async with`/close(), a generator dependency never finalised,
    or a task cancelled in the middle.
Matches: `The garbage collector is trying to clean up` (sqlalchemy.exc.SAWarning (and ERROR on logger
    sqlalchemy.pool)); also: `...clean up non-checked-in connection %r, which will be terminated (2.0.2+,
    2.1)`; `..., which will be dropped, as it cannot be safely terminated (drivers without terminate)`;
    `...clean up connection %r. This feature is unsupported on async dbapi (1.4.0 - 1.4.3x) / unsupported on
    unsupported on asyncio dbapis (late 1.4, 2.0.0, 2.0.1)`
Ignores: the second text (the SAWarning) of a leak already counted, by the address of the connection
Source: SQLAlchemy 1.4.54 sqlalchemy/pool/base.py, SQLAlchemy 2.0.58 sqlalchemy/pool/base.py, SQLAlchemy 2.1.9
    sqlalchemy/pool/base.py; versions 1.4, 2.0, 2.1;
    https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("The garbage collector is trying to clean up",),
    pattern="The garbage collector is trying to clean up",
    exceptions=("sqlalchemy.exc.SAWarning",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="pool",
    severity=Severity.ERROR,
    tier=1,
    meaning=(
        "A checked-out async connection was garbage collected: it was never closed by its owner, "
        "and now is dropped instead of returned."
    ),
    cause=(
        "AsyncSession()/engine.connect() without `async with`/close(), a generator dependency "
        "never finalised, or a task cancelled in the middle."
    ),
    fix="Open sessions with `async with`, close in finally, await cancelled tasks.",
    doc="https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html",
    blames=False,
    tells="the line printed with it is where the collector happened to run, not the leak",
    once="object at (0x[0-9a-fA-F]+)",
    rules=(
        "unclosed-session",
        "unclosed-session-in-background",
        "close-skipped-on-error",
        "dependency-without-cleanup",
    ),
    checks=("leaked-transactions", "idle-in-transaction"),
)
