"""All pending revisions run in one transaction.

Why: the locks that the first revision takes are held until the last one has ended. With several revisions pending, a table
altered in a moment stays locked while the next revision backfills another, and two tables locked in the other order than the
application locks them make a deadlock. CONCURRENTLY and `VALIDATE CONSTRAINT` gain nothing inside it.

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

    def run_migrations_online():
        with engine.connect() as connection:
            context.configure(connection=connection, transaction_per_migration=True)
            with context.begin_transaction():
                context.run_migrations()

    run_migrations_online()

Wrong when: no more than one revision is ever pending, or all or nothing is what is wanted. Nothing is told where
`context.configure()` is given settings that are not in sight, with `transactional_ddl=False`, without
`context.begin_transaction()` around, or for SQLite and MySQL.

Source: https://alembic.sqlalchemy.org/en/latest/api/runtime.html (transaction_per_migration); a deployment that altered two
tables in one transaction met its background workers, which lock them in the other order, in a deadlock
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.environment.env_script import Configure, EnvScript

SETTINGS = ("transaction_per_migration", "transactional_ddl")


@check(severity=Severity.WARNING)
def env_single_transaction(script: EnvScript) -> Iterator[Finding]:
    """Look at the settings of `context.configure()` and for the transaction around."""
    begins = [one.call for one in script.online.calls("begin_transaction") if one.function is None]
    configures = [one for one in script.configures if one.is_online]
    if not begins or not configures or not script.online.runs_migrations or not script.is_postgresql:
        return
    if any(_may_be_set(one) for one in configures):
        return
    yield begins[0].file.finding(
        env_single_transaction,
        begins[0],
        "all pending revisions run in one transaction: the locks of the first are held until the last has ended",
        confidence=Confidence.MEDIUM,
        remedy="context.configure(..., transaction_per_migration=True)",
    )


def _may_be_set(configure: Configure) -> bool:
    if configure.settings is None:
        return True
    per_migration, transactional = (configure.setting(name) for name in SETTINGS)
    return (per_migration is not None and per_migration.text != "False") or transactional is not None
