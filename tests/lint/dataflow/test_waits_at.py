"""Where a function waits for what an async call gives: by the rules that ask, in tasks, groups, displays and exit stacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

RULE = "network-call-in-transaction"
FETCH = (
    "import asyncio, anyio\nfrom contextlib import AsyncExitStack\n"
    "async def fetch(url):\n    async with httpx.AsyncClient() as c:\n        return await c.get(url)\n"
    "async def f(db: AsyncSession, client: httpx.AsyncClient):\n"
    "    users = (await db.scalars(select(User))).all()\n"
)
WAITED = [
    "    await asyncio.wait_for(client.get('x'), 5)  # expect medium\n",
    "    await asyncio.gather(*(fetch(u.name) for u in users))  # expect medium\n",
    "    await asyncio.gather(*[asyncio.create_task(fetch(u.name)) for u in users])  # expect medium\n",
    "    await asyncio.gather(*[client.get(u.name) for u in users])  # expect medium\n",
    "    await asyncio.wait([asyncio.create_task(fetch('x'))])  # expect medium\n",
    "    await asyncio.gather(*map(fetch, users))  # expect medium\n",
    "    ways = [fetch(u.name) for u in users]\n    await asyncio.gather(*ways)  # expect medium\n",
    "    ways = []\n    for u in users:\n        ways.append(fetch(u))\n    await asyncio.gather(*ways)  # expect medium\n",
    "    async with asyncio.TaskGroup() as tg:\n        tg.create_task(fetch('x'))  # expect medium\n",
    "    async with asyncio.TaskGroup() as tg:\n        [tg.create_task(fetch(u)) for u in users]  # expect medium\n",
    "    async with anyio.create_task_group() as tg:\n        tg.start_soon(fetch, 'x')  # expect medium\n",
]
NOT_WAITED = [
    "    asyncio.create_task(fetch('x'))\n",
    "    ways = [fetch(u.name) for u in users]\n    await db.commit()\n    await asyncio.gather(*ways)\n",
    "    async with asyncio.TaskGroup() as tg:\n        tg.create_task(fetch('x'))\n        await db.commit()\n",
    "    await db.commit()\n    async with asyncio.TaskGroup() as tg:\n        tg.create_task(fetch('x'))\n",
    "    tg = asyncio.TaskGroup()\n    tg.create_task(fetch('x'))\n",
    "    await db.commit()\n    await asyncio.gather(*map(fetch, users))\n",
]


@pytest.mark.parametrize("body", WAITED)
def test_what_is_waited_for_is_told(body: str, tmp_path: Path) -> None:
    check_source(project(FETCH + body), RULE, tmp_path)


@pytest.mark.parametrize("body", NOT_WAITED)
def test_what_is_not_is_silent(body: str, tmp_path: Path) -> None:
    check_source(project(FETCH + body), RULE, tmp_path)


BLOCKS = FETCH.partition("async def f")[0] + "async def f(client: httpx.AsyncClient):\n"
STACK = (
    "    async with AsyncExitStack() as stack:\n        s = await stack.enter_async_context(Session())\n"
    "        await s.execute(update(User).values(name='x'))\n"
)
GROUPED = (
    "    async with asyncio.TaskGroup() as tg:\n        async with Session() as s:\n"
    "            users = (await s.scalars(select(User))).all()\n            tg.create_task(fetch('x'))\n"
)


@pytest.mark.parametrize(
    "body",
    [
        STACK + "        await client.get('x')  # expect high\n        await s.commit()\n",
        STACK + "        await s.commit()\n    await client.get('x')\n",
        STACK + "        await s.commit()\n        await client.get('x')\n",
        (
            "    stack = AsyncExitStack()\n    s = await stack.enter_async_context(Session())\n"
            "    await s.execute(text('x'))\n    await stack.aclose()\n    await client.get('x')\n"
        ),
        GROUPED,
    ],
)
def test_a_session_is_open_as_long_as_what_closes_it(body: str, tmp_path: Path) -> None:
    check_source(project(BLOCKS + body), RULE, tmp_path)


def test_a_connection_that_commits_by_itself_has_no_transaction(tmp_path: Path) -> None:
    code = (
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        "auto = create_async_engine('postgresql+asyncpg://h/d', isolation_level='AUTOCOMMIT')\n"
        "async def f(client: httpx.AsyncClient):\n    async with auto.connect() as c:\n"
        "        await c.execute(text('x'))\n        await client.get('x')\n"
    )
    check_source(project(code), RULE, tmp_path)
