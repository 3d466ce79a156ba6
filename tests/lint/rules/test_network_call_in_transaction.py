"""`network-call-in-transaction` sees requests sent while a transaction is surely open."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

BAD = [
    """\
    async with db.begin():
        await client.post("https://x")  # expect high
""",
    """\
    async with Session.begin() as own:
        async with httpx.AsyncClient() as http:
            await http.get("https://x")  # expect high
""",
    """\
    user.name = "b"
    await db.flush()
    await client.get("https://x")  # expect high
    await db.commit()
""",
    """\
    await db.execute(update(User).values(name="b"))
    async with aiohttp.ClientSession() as web:
        async with web.get("https://x") as answer:  # expect high
            print(answer)
    await db.commit()
""",
    """\
    user = await db.get(User, 1)
    await client.get(user.url)  # expect medium
""",
    """\
    async with engine.begin() as connection:
        requests.post("https://x")  # expect high
""",
]
GOOD = [
    "    async with db.begin():\n        user.name = 'b'\n    await client.post('https://x')\n",
    "    await db.flush()\n    await db.commit()\n    await client.get('https://x')\n",
    "    await db.execute(q)\n    await db.rollback()\n    await client.get('https://x')\n",
    "    async with Session() as own:\n        await own.execute(q)\n    await client.get('https://x')\n",
    "    if user:\n        await db.flush()\n        await db.commit()\n    await client.get('https://x')\n",
    "    await db.flush()\n    await finish(db)\n    await client.get('https://x')\n",
    "    await client.get('https://x')\n    await db.flush()\n",
    "    async with db.begin():\n        task = client.get('https://x')\n    await task\n",
    "    async with db.begin():\n        await cache.get('x')\n        web.get('https://x')\n",
    "    async with db.begin():\n        async def later():\n            await client.get('https://x')\n",
    "    db.add(user)\n    await client.get('https://x')\n    await db.commit()\n",
]


@pytest.mark.parametrize("code", BAD + GOOD)
def test_only_requests_inside_an_open_transaction_are_found(code: str, tmp_path: Path) -> None:
    start = "import aiohttp, requests\nasync def f(db: AsyncSession, client: httpx.AsyncClient, user, q, cache, web):\n"
    check_source(project(start + code), "network-call-in-transaction", tmp_path)


def test_a_client_kept_in_self_is_known(tmp_path: Path) -> None:
    code = """\
class Payments:
    def __init__(self, db: AsyncSession):
        self.db = db
        self.client = httpx.AsyncClient()
    async def pay(self):
        async with self.db.begin():
            await self.client.post("https://x")  # expect high
"""
    check_source(project(code), "network-call-in-transaction", tmp_path)
