"""env.py writes batch operations for a PostgreSQL database.

Why: `render_as_batch=True` is for SQLite, which cannot alter a table and has it copied. On PostgreSQL the batch is sent as plain
ALTER TABLE, so that nothing is gained, and a revision with `recreate="always"` copies the whole table under an ACCESS EXCLUSIVE
lock and loses its primary key's name.

Bad:

    from alembic import context

    URL = "postgresql+asyncpg://localhost/shop"

    context.configure(connection=connection, render_as_batch=True)
    context.run_migrations()

Good:

    from alembic import context

    URL = "postgresql+asyncpg://localhost/shop"

    context.configure(connection=connection)
    context.run_migrations()

Wrong when: the same revisions are run on SQLite as well, in tests for instance. Told is only a literal True where every URL in
alembic.ini and env.py is PostgreSQL's and neither mentions SQLite.

Source: https://alembic.sqlalchemy.org/en/latest/batch.html; with Alembic 1.20.1 batch_alter_table emits plain ALTER TABLE on
PostgreSQL
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.environment.env_script import EnvScript


@check(severity=Severity.INFO)
def env_batch_on_postgresql(script: EnvScript) -> Iterator[Finding]:
    """Look at `render_as_batch` where the database can only be PostgreSQL."""
    in_ini = script.ini is not None and "sqlite" in script.ini.text
    if not script.dialects or script.dialects != {"postgresql"} or in_ini or script.mentions(b"sqlite"):
        return
    for one in script.configures:
        given = one.setting("render_as_batch")
        if given is not None and given.text == "True":
            yield one.call.file.finding(
                env_batch_on_postgresql,
                one.call.keyword("render_as_batch") or one.call,
                "render_as_batch is for SQLite: PostgreSQL is sent plain ALTER TABLE all the same",
                confidence=Confidence.MEDIUM,
                remedy="leave render_as_batch out",
            )
