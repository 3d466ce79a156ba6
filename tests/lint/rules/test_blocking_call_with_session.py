"""A call that blocks the event loop while a session is open is found; one in a thread, or without a session, is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, lint_source
from tests.support.lint_heads import QUERIES
from tests.support.lint_models import project

RULE = "blocking-call-with-session"
FOUND = (
    "async def f(db: AsyncSession):\n    await db.execute(1)\n    time.sleep(1)  # expect high\n",
    "async def f(db: AsyncSession):\n    requests.get('x')  # expect medium\n    await db.execute(1)\n",
    "async def f(d: AsyncSession):\n    await d.get(1)\n    await d.commit()\n    time.sleep(1)  # expect medium\n",
    "async def f():\n    async with Factory() as d:\n        await d.get()\n        time.sleep(1)  # expect high\n",
    "async def f():\n    async with create_async_engine('x').begin():\n        time.sleep(1)  # expect high\n",
    "async def f(d: AsyncSession):\n    await d.get(1)\n    subprocess.run('x')  # expect high\n",
    "from time import sleep\nasync def f(db: AsyncSession):\n    await db.flush()\n    sleep(1)  # expect high\n",
    """\
import time as clock
async def f(db: AsyncSession):
    await db.get(User, 1)
    clock.sleep(1)  # expect high
""",
    """\
from urllib.request import urlopen
async def f(db: AsyncSession):
    await db.get(User, 1)
    urlopen('x')  # expect high
""",
    """\
import httpx
async def f(db: AsyncSession):
    await db.get(User, 1)
    httpx.get('x')  # expect high
""",
    "async def f(c: AsyncConnection):\n    time.sleep(1)  # expect high\n",
)
FOUND += (
    "async def f(db: AsyncSession):\n    async with db.begin_nested():\n        time.sleep(1)  # expect medium\n",
    """\
async def f(db: AsyncSession):
    await db.get(User, 1)
    async with db.begin_nested():
        time.sleep(1)  # expect high
""",
    """\
class S:
    db: AsyncSession
    async def f(self):
        async with self.db.begin():
            time.sleep(1)  # expect medium
""",
    "async def f(db: AsyncSession):\n    async with db.begin():\n        time.sleep(1)  # expect medium\n",
    "async def f(db: AsyncSession):\n    async with db.begin():\n        await db.get(User, 1)\n        time.sleep(1)  # expect high\n",
    "async def f(db: AsyncSession, x):\n    if x:\n        return await db.get(User, 1)\n    time.sleep(1)  # expect medium\n",
    "async def f(db: AsyncSession):\n    await db.close()\n    await db.get(User, 1)\n    time.sleep(1)  # expect high\n",
)
SILENT = (
    "async def f(db: AsyncSession):\n    await db.get(User, 1)\n    await db.close()\n    time.sleep(1)\n",
    "async def f():\n    async with Factory() as s:\n        await s.flush()\n    time.sleep(1)\n",
    "async def f(db: AsyncSession):\n    await db.execute(1)\n    await asyncio.sleep(1)\n",
    "async def f(db: AsyncSession):\n    await db.execute(1)\n    await asyncio.to_thread(time.sleep, 1)\n",
    "async def f(db: AsyncSession):\n    await db.execute(1)\n    await asyncio.to_thread(lambda: time.sleep(1))\n",
    "def f(db: Session):\n    db.execute(1)\n    time.sleep(1)\n",
    "async def f(client):\n    time.sleep(1)\n",
    "async def f(db: AsyncSession, requests):\n    await db.flush()\n    await requests.get('x')\n",
    """\
async def f(db: AsyncSession):
    await db.flush()
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, requests.get, 'x')
""",
    """\
async def f(db: AsyncSession):
    await db.flush()
    def work():
        time.sleep(1)
    await asyncio.to_thread(work)
""",
    """\
import httpx
async def f(db: AsyncSession, client: httpx.AsyncClient):
    await db.flush()
    await client.get('x')
""",
    "async def f(db: AsyncSession):\n    await db.flush()\n    return time.monotonic()\n",
    "class AsyncSession: ...\nasync def f(db: AsyncSession):\n    time.sleep(1)\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_blocking_call_beside_an_open_session_is_found(code: str, tmp_path: Path) -> None:
    check_source(QUERIES + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_what_blocks_no_loop_or_holds_no_session_is_silent(code: str, tmp_path: Path) -> None:
    check_source(QUERIES + code, RULE, tmp_path)


def test_tests_and_migrations_may_sleep(tmp_path: Path) -> None:
    code = QUERIES + "async def test_f(db: AsyncSession):\n    await db.flush()\n    time.sleep(1)\n"
    assert lint_source({"tests/test_f.py": code}, RULE, tmp_path) == ()
    assert lint_source({"app/migrations/utils.py": code}, RULE, tmp_path) == ()
    assert lint_source({"app/f.py": code}, RULE, tmp_path)


def test_a_hash_keeps_the_processor_while_the_connection_waits(tmp_path: Path) -> None:
    code = (
        "import bcrypt\nimport hashlib\nasync def f(db: AsyncSession, a, b):\n    bcrypt.hashpw(a, b)  # expect low\n"
        "    await db.get(User, 1)\n    bcrypt.checkpw(a, b)  # expect high\n    hashlib.sha256(a)\n"
        "    await db.commit()\n    hashlib.scrypt(a, salt=b)  # expect low\n"
    )
    check_source(project(code), RULE, tmp_path)
