"""`session-kept-for-websocket`: an injected session that has queried while the endpoint waits for messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

ROUTE = "@router.websocket('/')\nasync def talk(ws, db: AsyncSession = Depends(get_db)):\n"
LOOP = "    while True:\n        n = await ws.receive_text()\n"
KEY = "async def key(db: AsyncSession = Depends(get_db)):\n    return await db.scalar(select(User))\n"
KEPT = [
    ROUTE + LOOP + "        await db.execute(n)  # expect high\n",
    ROUTE + "    await db.get(User, 1)  # expect high\n" + LOOP + "        pass\n",
    ROUTE + "    async for n in ws.iter_text():\n        await db.execute(n)  # expect high\n",
    "async def save(db, n):\n    await db.execute(n)\n" + ROUTE + LOOP + "        await save(db, n)  # expect medium\n",
    KEY + "@router.websocket('/')\nasync def talk(ws, k=Depends(key)):\n"
    "    while True:\n        n = await ws.receive_text()  # expect medium\n",
]
GIVEN_BACK = [
    ROUTE + LOOP + "        await db.execute(n)\n        await db.commit()\n",
    ROUTE + "    await db.get(User, 1)\n    await db.close()\n" + LOOP + "        pass\n",
    ROUTE + LOOP + "        async with Session() as own:\n            await own.execute(n)\n",
    ROUTE + "    n = await ws.receive_text()\n    await db.execute(n)\n",
    ROUTE + LOOP + "        print(n)\n    await db.execute(n)\n",
    ROUTE.replace("websocket", "get") + LOOP + "        await db.execute(n)\n",
    "async def save(db, n):\n    await db.execute(n)\n    await db.commit()\n"
    + ROUTE
    + LOOP
    + "        await save(db, n)\n",
]

# The loop is in what the endpoint hands its socket to: a method of an object that has the session, or a function.
ROOM = """
class Room:
    def __init__(self, db):
        self.db = db
    async def serve(self, ws):
        {before}
        while True:
            n = await self.next_of(ws)
            {each}
        {after}
    async def next_of(self, ws):
        return await ws.receive_text()
async def rooms(ws, db):
    room = Room(db)
    await room.serve(ws)
@router.websocket("/")
async def talk(ws: WebSocket, db: AsyncSession = Depends(get_db)):
    {endpoint}
"""
DIRECT, MADE, LED = "await Room(db).serve(ws)", "room = Room(db); await room.serve(ws)", "await rooms(ws, db)"


@pytest.mark.parametrize(
    ("endpoint", "before", "each", "after"),
    [
        (f"{DIRECT}  # expect medium", "pass", "await self.db.get(User, n)", "pass"),
        (f"{MADE}  # expect medium", "await self.db.get(User, 1)", "pass", "pass"),
        (f"{LED}  # expect medium", "pass", "await self.db.get(User, n)", "pass"),
        (f"await db.get(User, 1)  # expect high\n    {DIRECT}", "pass", "pass", "pass"),
        (DIRECT, "pass", "pass", "await self.db.get(User, 1)"),
        (DIRECT, "pass", "await self.db.get(User, n); await self.db.commit()", "pass"),
        (f"await db.get(User, 1); await db.close(); {DIRECT}", "pass", "pass", "pass"),
        (DIRECT, "pass", "async with Session() as own: await own.get(User, n)", "pass"),
        (f"{DIRECT}; unseen(db)", "pass", "await self.db.get(User, n)", "pass"),
        ("await db.get(User, 1); await unseen(ws)", "pass", "pass", "pass"),
    ],
)
def test_a_wait_in_what_is_handed_the_socket_is_found(
    endpoint: str, before: str, each: str, after: str, tmp_path: Path
) -> None:
    code = ROOM.format(endpoint=endpoint, before=before, each=each, after=after)
    check_source(project(code), "session-kept-for-websocket", tmp_path)


@pytest.mark.parametrize("code", KEPT)
def test_a_connection_for_each_open_socket_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "session-kept-for-websocket", tmp_path)


@pytest.mark.parametrize("code", GIVEN_BACK)
def test_a_connection_given_back_before_the_wait_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "session-kept-for-websocket", tmp_path)


USERS = (
    "from typing import Annotated\nfrom fastapi import Depends\nfrom app.db import get_db\n"
    "from sqlalchemy.ext.asyncio import AsyncSession\nclass Users:\n"
    "    def __init__(self, session: Annotated[AsyncSession, Depends(get_db)]):\n        self.session = session\n"
    "    async def named(self, name):\n        return await self.session.scalar(name)\n"
)


def test_an_endpoint_that_says_no_word_of_a_database(tmp_path: Path) -> None:
    talk = (
        "from fastapi import APIRouter, Depends, WebSocket\nfrom app.users import Users\nrouter = APIRouter()\n"
        "@router.websocket('/')\nasync def talk(ws: WebSocket, users: Users = Depends()):\n    async for n in ws.iter_text():\n"
        "        await users.named(n)  # expect\n"
    )
    check_source(project("") | {"app/users.py": USERS, "app/talk.py": talk}, "session-kept-for-websocket", tmp_path)


PUSH = "@router.websocket('/')\nasync def talk(ws: WebSocket, queue, rows, db: AsyncSession = Depends(get_db)):\n"
ASK = "    await db.get(User, 1)"


@pytest.mark.parametrize(
    ("loop", "told"),
    [
        ("    while True:\n        await ws.send_json(await queue.get())\n", True),
        ("    while True:\n        await ws.send_text('x')\n        await asyncio.sleep(1)\n", True),
        (
            "    async with upstream() as lines:\n        async for line in lines:\n            await ws.send_text(line)\n",
            True,
        ),
        ("    for row in rows:\n        await ws.send_json(row)\n", False),
        ("    async for row in await db.stream(select(User)):\n        await ws.send_json(row)\n", False),
        ("    await ws.send_json(1)\n", False),
        ("    await db.commit()\n    while True:\n        await ws.send_json(await queue.get())\n", False),
    ],
)
def test_an_endpoint_that_sends_without_end(loop: str, told: bool, tmp_path: Path) -> None:
    check_source(project(PUSH + ASK + "  # expect high" * told + "\n" + loop), "session-kept-for-websocket", tmp_path)
