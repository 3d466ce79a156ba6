"""`env-never-commits`: a connection used before Alembic is told of it; the rollback itself is seen on a real database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.env_scripts import expect
from tests.support.migration_trees import INI, shop, write
from tests.support.postgres import FreshDatabase

CHECK = "env-never-commits"
ENV = """\
import asyncio, os
from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

def prepare(connection):
    connection.execute(text("SELECT 1"))

engine = create_engine(os.environ["SHOP_URL"])

{body}
"""
SYNC = """\
with engine.{opened}() as connection:
    {before}
    context.configure(connection=connection, target_metadata=None)
    {between}
    with context.begin_transaction():
        context.run_migrations()
    {after}
"""
ASYNC = """\
def do_run(connection):
    {before}
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()

async def run():
    async with create_async_engine(url).{opened}() as connection:
        await connection.run_sync(do_run)
        {after}

asyncio.run(run())
"""
WIDEN = """\
def widen(c):
    if c.scalar(text("SELECT to_regclass('versions')")) is None:
        return
    c.execute(text("ALTER TABLE versions ALTER id TYPE text"))
    c.commit()

"""
USED = 'connection.execute(text("SET search_path TO public"))'


def source(form: str = SYNC, **parts: str) -> str:
    return ENV.format(
        body=form.format(**{"opened": "connect", "before": "pass", "between": "pass", "after": "pass", **parts})
    )


@pytest.mark.parametrize(
    "code",
    [
        source(before=USED + "  # expect high"),
        source(before='connection.exec_driver_sql("SELECT pg_advisory_lock(7)")  # expect high',
               after='connection.exec_driver_sql("SELECT pg_advisory_unlock(7)")'),
        source(before="prepare(connection)  # expect high"),
        source(ASYNC, before=USED + "  # expect high"),
        # Committed where a row is found, and left open where none is.
        source(before="widen(connection)  # expect medium").replace("engine =", WIDEN + "engine ="),
    ],
)  # fmt: skip
def test_what_nobody_commits_is_found(code: str, tmp_path: Path) -> None:
    expect(code, CHECK, tmp_path)


@pytest.mark.parametrize(
    "code",
    [
        source(),
        source(before=USED + "; connection.commit()"),
        source(before=USED + "; connection.rollback()"),
        source(between=USED),
        source(before=USED, after="connection.commit()"),
        source(before=USED, opened="begin"),
        source(before="prepare(connection); connection.commit()"),
        source(before="widen(connection)").replace("engine =", WIDEN.replace("        return", "        pass") + "engine ="),
        source(before=USED, after="finish(connection)").replace("engine =", "def finish(c):\n    c.commit()\n\nengine ="),
        source(ASYNC, before=USED, opened="begin"),
        source(ASYNC, before=USED, after="await connection.commit()"),
        ENV.format(body='connection = context.config.attributes["connection"]\n' + USED
                   + "\ncontext.configure(connection=connection)\ncontext.run_migrations()"),
    ],
)  # fmt: skip
def test_what_somebody_commits_is_not(code: str, tmp_path: Path) -> None:
    expect(code, CHECK, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("before", "is_there"), [(USED, False), (USED + "; connection.commit()", True)])
def test_the_database_is_as_it_was(
    before: str, is_there: bool, tmp_path: Path, fresh_database18: FreshDatabase
) -> None:
    write(tmp_path, {**shop(), "alembic.ini": INI, "migrations/env.py": source(before=before)})
    url = fresh_database18.dsn().replace("postgresql://", "postgresql+psycopg://")
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=tmp_path, env={**os.environ, "SHOP_URL": url}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = fresh_database18.server.psql("-Atc", "SELECT to_regclass('orders')", database=fresh_database18.name)
    assert (found.strip() == "orders") is is_there
