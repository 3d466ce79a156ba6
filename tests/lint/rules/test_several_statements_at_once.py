"""`several-statements-at-once` counts the statements of a text that asyncpg prepares, and knows what takes a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

BAD = {
    "in a session": '    await db.execute(text("DELETE FROM a; DELETE FROM b"))  # expect high\n',
    "filled in": '    await db.execute(text(f"DELETE FROM {table}; DELETE FROM b WHERE id = :id"), {"id": 1})  # expect high\n',
    "on several lines": (
        '    await db.scalar(  # expect high\n        text("""\n            SET LOCAL a.b = 3;\n            SELECT 1;\n"""))\n'
    ),
    "by a name": "    await db.execute(text(SCRIPT))  # expect high\n",
    "a statement by a name": "    await db.execute(SCHEMA)  # expect high\n",
    "by the driver": (
        '    async with engine.begin() as c:\n        await c.exec_driver_sql("DELETE FROM a; DELETE FROM b")  # expect high\n'
    ),
}
GOOD = {
    "one": '    await db.execute(text("DELETE FROM a;"))\n',
    "a comment behind it": '    await db.execute(text("DELETE FROM a; -- DELETE FROM b"))\n',
    "in a value": "    await db.execute(text(\"UPDATE a SET b = 'x; y'\"))\n",
    "a body": '    await db.execute(text("DO $$ BEGIN PERFORM 1; PERFORM 2; END $$"))\n',
    "a function": '    await db.execute(text("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END"))\n',
    "one by one": '    for one in SCRIPT.split(";"):\n        await db.execute(text(one))\n',
    "nobody's": '    await other.run(text("DELETE FROM a; DELETE FROM b"))\n',
}
NAMES = 'SCRIPT = "CREATE TABLE a (); CREATE TABLE b ()"\nSCHEMA = text(SCRIPT)\n'


@pytest.mark.parametrize("name", [*BAD, *GOOD])
def test_the_statements_of_a_text_are_counted(name: str, tmp_path: Path) -> None:
    source = f"{NAMES}async def f(db: AsyncSession, other, table):\n{ {**BAD, **GOOD}[name] }"
    check_source(project(source), "several-statements-at-once", tmp_path)


OWN = """
import asyncpg

async def f(pool: asyncpg.Pool, connection: asyncpg.Connection):
    await connection.execute("DELETE FROM a WHERE id = $1; DELETE FROM b", 1)  # expect high
    await pool.fetch("SET a.b = 'c'; SELECT 1")  # expect high
    await connection.prepare("DELETE FROM a; DELETE FROM b")  # expect high
    async with pool.acquire() as own:
        await own.fetchval("DELETE FROM a; SELECT 1")  # expect high
        await own.execute("DELETE FROM a; DELETE FROM b")
    await connection.execute("DELETE FROM a; DELETE FROM b", timeout=3)
    await connection.fetch("SELECT 1;")
"""


def test_asyncpg_itself_takes_a_script_without_parameters(tmp_path: Path) -> None:
    check_source(OWN, "several-statements-at-once", tmp_path)


@pytest.mark.parametrize(
    ("url", "mark"),
    [
        ("postgresql+asyncpg://localhost/shop", "  # expect high"),
        ("postgresql+psycopg://localhost/shop", ""),
        ("sqlite+aiosqlite:///shop.db", ""),
    ],
)
def test_the_driver_is_known_by_a_url(url: str, mark: str, tmp_path: Path) -> None:
    source = (
        "from sqlalchemy import text\nfrom sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n"
        f'engine = create_async_engine("{url}")\n'
        f'async def f(db: AsyncSession):\n    await db.execute(text("DELETE FROM a; DELETE FROM b")){mark}\n'
    )
    check_source(source, "several-statements-at-once", tmp_path)


def test_two_drivers_of_a_project_make_it_less_sure(tmp_path: Path) -> None:
    source = (
        "from sqlalchemy import text\nfrom sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n"
        'engine = create_async_engine("postgresql+asyncpg://localhost/shop")\n'
        'other = create_async_engine("postgresql+psycopg://localhost/shop")\n'
        'async def f(db: AsyncSession):\n    await db.execute(text("DELETE FROM a; DELETE FROM b"))  # expect medium\n'
    )
    check_source(source, "several-statements-at-once", tmp_path)
