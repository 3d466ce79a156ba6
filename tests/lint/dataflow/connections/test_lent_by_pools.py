"""The blocks of a driver's pool around a wait for another service."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

PSYCOPG = """\
import httpx
from psycopg_pool import AsyncConnectionPool

pool = AsyncConnectionPool("", open=False{options})

async def ask(client: httpx.AsyncClient):
    return await client.get("https://models.example")

async def f(client: httpx.AsyncClient, given: AsyncConnectionPool):
"""
ASYNCPG = """\
import asyncio
import asyncpg
import httpx

async def ask(client: httpx.AsyncClient):
    return await client.get("https://models.example")

class Answers:
    def __init__(self, pool: asyncpg.Pool, client: httpx.AsyncClient):
        self.pool = pool
        self.client = client

    async def f(self):
"""
QUERY = "        await conn.execute('select 1')\n"


@pytest.mark.parametrize(
    "body",
    [
        "    async with pool.connection() as conn:\n"
        + QUERY
        + "        await client.get('https://x')  # expect medium\n",
        (
            "    async with pool.connection() as conn, conn.cursor() as cur:\n        await cur.execute('select 1')\n"
            "        await ask(client)  # expect medium\n"
        ),
        "    async with pool.connection() as conn:\n" + QUERY + "    await client.get('https://x')\n",
        "    async with pool.connection() as conn:\n        await client.get('https://x')\n" + QUERY,
        "    async with pool.connection() as conn:\n"
        + QUERY
        + "        await conn.commit()\n        await ask(client)\n",
        "    async with pool.connection() as conn:\n" + QUERY + "        print(conn)\n        await ask(client)\n",
        # Where a pool is made out of sight it may commit each statement.
        "    async with given.connection() as conn:\n" + QUERY + "        await ask(client)\n",
    ],
)
def test_a_connection_of_psycopg_is_in_a_transaction(body: str, tmp_path: Path) -> None:
    check_source(PSYCOPG.format(options="") + body, "network-call-in-transaction", tmp_path)


@pytest.mark.parametrize("options", [", kwargs={'autocommit': True}", ", **settings"])
def test_not_where_each_statement_is_one_but_the_connection_is_held(options: str, tmp_path: Path) -> None:
    body = "    async with pool.connection() as conn:\n" + QUERY + "        await client.get('https://x')MARK\n"
    code = PSYCOPG.format(options=options) + body
    check_source(code.replace("MARK", ""), "network-call-in-transaction", tmp_path)
    check_source(code.replace("MARK", "  # expect medium"), "connection-held-while-waiting", tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        "await conn.fetch('select 1')\n            await self.client.get('https://x')  # expect medium\n",
        "row = await conn.fetchrow('select 1')\n            await ask(self.client)  # expect medium\n",
        "await self.client.get('https://x')\n            await conn.fetch('select 1')\n",
        "await conn.fetch('select 1')\n        await self.client.get('https://x')\n",
        "await conn.fetch('select 1')\n            await asyncio.sleep(5)\n",
        "await conn.fetch('select pg_advisory_lock(1)')\n            await self.client.get('https://x')\n",
        "await conn.fetch('select 1')\n            await self.send(conn)\n",
        # Told as what it is: inside of a transaction.
        (
            "async with conn.transaction():\n                await conn.fetch('select 1')\n"
            "                await self.client.get('https://x')\n"
        ),
    ],
)
def test_a_connection_of_asyncpg_is_held(body: str, tmp_path: Path) -> None:
    code = f"{ASYNCPG}        async with self.pool.acquire() as conn:\n            {body}"
    check_source(code, "connection-held-while-waiting", tmp_path)
