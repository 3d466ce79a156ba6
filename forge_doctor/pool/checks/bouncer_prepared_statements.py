"""pgbouncer in transaction mode breaks asyncpg's prepared statements.

Why:
    asyncpg prepares every statement under a name on one server connection; in transaction mode the
    next transaction runs on another one: prepared statement "__asyncpg_stmt_1__" does not exist (or
    already exists).

Measures (mode):
    pool_mode transaction or statement, max_prepared_statements 0 (or a pgbouncer before 1.21, which has
    no such setting), and a worker that has loaded asyncpg and is connected to that pgbouncer. Always info:
    what the application tells its driver is not to be seen from outside, and where it fails the log says so.

Wrong when:
    The engine has statement_cache_size=0 and a name function: it is safe, and nothing fails. Hence info; without a
    worker that uses asyncpg there nothing is said.

Source:
    pgbouncer documentation, max_prepared_statements (1.21+); seen with pgbouncer 1.18 and asyncpg:
    5 of 6 concurrent clients failed. SQLAlchemy documentation, asyncpg, "Prepared Statement Name with
    PGBouncer".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_bouncer
from forge_doctor.pool.wording import count


@check(severity=Severity.INFO)
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for the pgbouncer in between."""
    yield from unseen_bouncer(situation)
    bouncer = situation.snapshot.bouncer
    if bouncer is None or bouncer.pools is None:
        return
    modes = sorted({pool.mode for pool in bouncer.pools if pool.mode} or {bouncer.pool_mode})
    shared = [mode for mode in modes if mode in ("transaction", "statement")]
    prepares = [one for one in situation.behind_pooler if "asyncpg" in (one.libraries or ())]
    if not shared or bouncer.max_prepared_statements or not prepares:
        return
    yield Finding(
        severity=Severity.INFO,
        confidence=Confidence.MEDIUM,
        message=f"pgbouncer {bouncer.version} pools by {' and '.join(shared)} and keeps no prepared statements, and "
        f"{count(len(prepares), 'worker')} with asyncpg {'uses' if len(prepares) == 1 else 'use'} it: with the driver's defaults that "
        'fails with "prepared statement does not exist".',
        location=situation.here,
        evidence=(
            Evidence(label="pool_mode", value=", ".join(modes), source="pgbouncer SHOW CONFIG"),
            Evidence(
                label="max_prepared_statements", value=bouncer.max_prepared_statements, source="pgbouncer SHOW CONFIG"
            ),
        ),
        remedy="# unless the engine has these already:\n"
        'create_async_engine(url, connect_args={"statement_cache_size": 0, "prepared_statement_cache_size": 0,\n'
        '    "prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__"}, poolclass=NullPool)\n'
        "max_prepared_statements = 200   # in pgbouncer.ini, 1.21 or newer, instead",
    )
