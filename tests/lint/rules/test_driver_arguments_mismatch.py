"""`driver-arguments-mismatch`: foreign placeholders and miscounted arguments of asyncpg; what is quoted is silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "driver-arguments-mismatch"
HEAD = "import asyncpg\nQUERY = 'SELECT 1 WHERE a = %s'\nasync def f(c: asyncpg.Connection, pool: asyncpg.Pool, a, b, many):\n    "
FOUND = (
    "await c.fetchrow('SELECT 1 WHERE a = %s', a)",
    "await c.fetchrow('SELECT 1 WHERE a = %(a)s', {'a': a})",
    "await pool.fetch(QUERY, a)",
    "await c.executemany('INSERT INTO t VALUES (%s, %s)', many)",
    "await c.fetch('SELECT 1 WHERE a = :a AND b=:b', a)",
    "await c.fetch('SELECT 1 LIMIT :n', a)",
    "await c.execute('INSERT INTO t VALUES (?, ?)', a, b)",
    "await c.execute('INSERT INTO t VALUES ($1, $2)', (a, b))",
    "await c.execute('DELETE FROM t WHERE a = $1')",
    "await c.fetchval('SELECT $1::int', a, b)",
    "await c.fetch('SELECT 1', a)",
    "await c.fetch(f'SELECT {a} WHERE b = %s', b)",
)
SILENT = (
    "await c.fetchrow('SELECT 1 WHERE a = $1', a)",
    "await c.fetchval('SELECT $1::int + $2 + $1', a, b, column=0)",
    "await c.fetch('SELECT $1', a, timeout=3)",
    "await c.fetch('SELECT 1 WHERE a LIKE \\'%s\\' AND b = $1', b)",
    "await c.fetch('SELECT 1 WHERE a = %s' % a)",
    "await c.fetch('SELECT $1, $2', *many)",
    "await c.fetch('SELECT x[1:2], y::text, z[:2] FROM t WHERE j ? $1', a)",
    "await c.fetch(\"SELECT 1 WHERE j ?| array['a'] AND t = '12:30:00'\")",
    "await c.execute('DO $$ BEGIN PERFORM x(:a, %s); END $$')",
    "await c.fetch(f'SELECT 1 WHERE a IN ({many})', a, b)",
    "await c.executemany('INSERT INTO t VALUES ($1, $2)', many)",
    "await c.execute('SELECT 5 % 3')",
    "await c.fetch(many, a, b)",
    "await unknown.fetch('SELECT 1 WHERE a = %s', a)",
)


@pytest.mark.parametrize("call", FOUND)
def test_what_the_server_refuses_is_found(call: str, tmp_path: Path) -> None:
    check_source(f"{HEAD}{call}  # expect high\n", RULE, tmp_path)


@pytest.mark.parametrize("call", SILENT)
def test_what_it_takes_is_not(call: str, tmp_path: Path) -> None:
    check_source(f"{HEAD}{call}\n", RULE, tmp_path)


QUOTES = (
    "'{}'",
    "E'it\\\\\\'s {}'",
    "'it''s {}'",
    "$body${}$body$",
    "$${}$$",
    '\\"{}\\"',
    "/* it's\\n{} */",
    "-- {}\\n",
)
PLACEHOLDERS = ("= %s", "= :name", "= ?,", "$4")


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
@pytest.mark.parametrize("quotes", QUOTES)
def test_what_only_looks_like_a_placeholder_is_not(quotes: str, placeholder: str, tmp_path: Path) -> None:
    call = f'await c.fetch("SELECT {quotes.format(placeholder)} FROM t WHERE a = $1", a)'
    check_source(f"{HEAD}{call}\n", RULE, tmp_path)


@pytest.mark.parametrize("added", ["sql += ' AND b = $2'", "sql += more", "if b:\n        sql += ' AND b = $2'"])
def test_a_statement_that_is_added_to_is_not_counted(added: str, tmp_path: Path) -> None:
    check_source(f"{HEAD}sql = 'SELECT 1 WHERE a = $1'\n    {added}\n    await c.fetch(sql, a, b)\n", RULE, tmp_path)


def test_what_is_added_to_elsewhere_or_later_is(tmp_path: Path) -> None:
    code = (
        f"{HEAD}sql = 'SELECT 1 WHERE a = $1'\n    await c.fetch(sql, a, b)  # expect high\n    sql += ' AND b = $2'\n"
        "def g(sql):\n    sql += 'x'\n    return sql\n"
    )
    check_source(code, RULE, tmp_path)


TEXTS = (
    ("text('x = %s'), (a,)", True),
    ("text('x = $1'), [a]", True),
    ("text('x = %(a)s'), {'a': a}", True),
    ("QUERY, (a,)", True),
    ("text('x = :a'), {'a': a}", False),
    ("text('x = :a AND y = $1::int'), {'a': a}", False),
    ("text('x LIKE \\'%s\\''), {'a': a}", False),
    ("text('x = %s' % a), {}", False),
    ("text('x = %s'), given", False),
)


@pytest.mark.parametrize(("given", "told"), TEXTS)
def test_text_knows_names_alone(given: str, told: bool, tmp_path: Path) -> None:
    code = (
        "from sqlalchemy import text\nfrom sqlalchemy.ext.asyncio import AsyncSession\nQUERY = text('x = %s')\n"
        f"async def f(s: AsyncSession, a, given):\n    await s.execute({given}){'  # expect high' if told else ''}\n"
    )
    check_source(code, RULE, tmp_path)


TWO_DRIVERS = """\
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import asyncpg
class Store:
    def __init__(self):
        self.link{declared} = None
    async def open(self, path):
        {first}
        self.link = {made}
    async def open_server(self, url):
        import asyncpg
        self.link = await asyncpg.connect(url)
    async def drop(self, key):
        await self.link.execute("DELETE FROM parcel WHERE id = ?", (key,)){mark}
"""


@pytest.mark.parametrize(
    ("first", "made", "declared", "mark"),
    [
        ("import aiosqlite", "await aiosqlite.connect(path)", "", ""),
        ("import aiosqlite", "await aiosqlite.connect(path)", ": aiosqlite.Connection | asyncpg.Connection | None", ""),
        ("import sqlite3", "sqlite3.connect(path)", "", ""),
        ("import aiomysql", "await aiomysql.connect(path)", "", ""),
        ("import asyncpg", "await asyncpg.connect(path)", "", "  # expect"),
        ("import asyncpg", "None", ": asyncpg.Connection | None", "  # expect"),
    ],
)
def test_what_may_be_another_drivers_has_its_placeholders(
    first: str, made: str, declared: str, mark: str, tmp_path: Path
) -> None:
    check_source(TWO_DRIVERS.format(first=first, made=made, declared=declared, mark=mark), RULE, tmp_path)
