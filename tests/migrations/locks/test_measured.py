"""Random operations on a real server: the locks it holds, and the files it writes anew, are those that were foretold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects import postgresql  # noqa: F401 - the lines name it
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from forge_doctor.migrations.history import Change
from forge_doctor.migrations.judge import read
from forge_doctor.migrations.locks.effect import MODES, Effect
from forge_doctor.migrations.tree.places import places
from tests.support.migration_cases import BASE, write_tree
from tests.support.migration_chains import Chain
from tests.support.postgres import FreshDatabase

ROWS = """
INSERT INTO customers SELECT n, 'c' || n FROM generate_series(1, 50) AS n;
INSERT INTO orders SELECT n, n, 'new', 'n', 1, '{}', now() FROM generate_series(1, 50) AS n;
INSERT INTO settings SELECT n, 'v' FROM generate_series(1, 50) AS n;
"""
LOCKS = """
SELECT c.oid, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
"""
FILES = "SELECT oid, relname, relfilenode FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
LENGTH = 14


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
async def test_locks_and_rewrites_are_those_foretold(
    seed: int, tmp_path: Path, fresh_database18: FreshDatabase
) -> None:
    engine = create_async_engine(fresh_database18.dsn(scheme="postgresql+asyncpg"), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run_line, BASE + "\nupgrade()")
        await connection.commit()
    fresh_database18.sql(ROWS)
    schema = last(tmp_path, []).after
    chain = Chain(seed, schema)
    lines: list[str] = []
    async with engine.connect() as connection:
        for _ in range(LENGTH):
            there = set(chain.schema.tables)
            lines.append(chain.line())
            change = last(tmp_path, lines)
            step = change.steps[-1]
            locks, written = await connection.run_sync(measured, lines[-1])
            await connection.commit()
            assert foretold(step.effect, there) == locks, lines
            assert set(step.effect.rewrites) == (set() if "TRUNCATE" in lines[-1] else written), lines
            chain.schema = change.after
    await engine.dispose()


def last(folder: Path, lines: list[str]) -> Change:
    """What is read of a revision of those lines."""
    body = "".join(f"    {line}\n" for line in lines)
    write_tree(folder, f"def upgrade():\n{body or '    pass'}\n")
    (place,) = places(folder)
    change = read(place, folder).changes[-1][0]
    assert len(change.steps) == len(lines)
    return change


def run_line(connection: Any, line: str) -> None:
    """Run a line as Alembic does."""
    op = Operations(MigrationContext.configure(connection))
    exec(line, {"op": op, "sa": sa})


def measured(connection: Any, line: str) -> tuple[dict[str, str], set[str]]:
    """The strongest lock on each table that was there, and the tables that were written anew."""
    before = {oid: (name, file) for oid, name, file in connection.execute(sa.text(FILES))}
    run_line(connection, line)
    held = [(before[oid][0], shown(mode)) for oid, mode in connection.execute(sa.text(LOCKS)) if oid in before]
    after = connection.execute(sa.text(FILES)).all()
    return dict(strongest(held)), {before[oid][0] for oid, _, file in after if oid in before and before[oid][1] != file}


def shown(mode: str) -> str:
    """`AccessExclusiveLock` -> `ACCESS EXCLUSIVE`."""
    return "".join(f" {letter}" if letter.isupper() else letter for letter in mode.removesuffix("Lock")).strip().upper()


def strongest(held: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The strongest mode of each table; what a SELECT takes counts for nothing."""
    for name in {name for name, _ in held}:
        mode = max((mode for one, mode in held if one == name), key=MODES.index)
        if mode != "ACCESS SHARE":
            yield name, mode


def foretold(effect: Effect, there: set[str]) -> dict[str, str]:
    """The same of an effect."""
    return {one.table: one.mode for one in effect.locks if one.table in there}
