"""Migrations wait for their locks without an end, and everybody waits behind them.

Why: an ALTER TABLE that takes no time still has to wait for the ACCESS EXCLUSIVE lock, behind any transaction that has only
read the table, and while it waits each new query on the table waits behind it. With `lock_timeout` the migration gives up
after some seconds and can be tried again.

Bad:

    from alembic import context

    def run_migrations_online():
        with engine.connect() as connection:
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()

    run_migrations_online()

Good:

    from alembic import context
    from sqlalchemy import text

    def run_migrations_online():
        with engine.connect() as connection:
            context.configure(connection=connection)
            with context.begin_transaction():
                connection.execute(text("SET lock_timeout = '4s'"))
                context.run_migrations()

    run_migrations_online()

Wrong when: the timeout is set where source does not show it: ALTER ROLE ... SET lock_timeout, PGOPTIONS, a URL from the
environment. That is why the confidence is medium. Looked for is the word `lock_timeout` in env.py, in every module of the
project that it loads, in alembic.ini, and in the revisions; SQLite and MySQL are left out.

Source: https://www.postgresql.org/docs/current/runtime-config-client.html (lock_timeout); on PostgreSQL 17 a plain SELECT
waited behind an ALTER TABLE ... ADD COLUMN that waited for a session idle in transaction
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.environment.env_script import EnvScript

WORD = b"lock_timeout"


@check(severity=Severity.WARNING)
def env_no_lock_timeout(script: EnvScript) -> Iterator[Finding]:
    """Look for a lock_timeout wherever it could be set."""
    runs = script.online.runs_migrations
    in_ini = script.ini is not None and WORD.decode() in script.ini.text
    if not runs or not script.is_postgresql or in_ini or script.mentions(WORD) or script.is_habit(WORD):
        return
    call = runs[0].call
    yield call.file.finding(
        env_no_lock_timeout,
        call,
        "no lock_timeout is set: a migration that waits for a lock makes every later query on that table wait behind it",
        confidence=Confidence.MEDIUM,
        remedy="connection.execute(text(\"SET lock_timeout = '4s'\"))  # right before it; then try again when it gives up",
    )
