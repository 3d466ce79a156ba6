"""Rules that follow a request through dependencies, routers, waits and second sessions do work in proportion to the
code: counted in calls of functions for one and for two times as much."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import lint_source
from tests.support.lint_models import project
from tests.support.questions import questions

# Work grows alike on every Python.
pytestmark = pytest.mark.slow

SIZE = 24
SLACK = 2.6
KEY = "async def key{k}(db: AsyncSession = Depends(get_db)):\n    return await db.scalar(select(User))\n"
ENDPOINT = "@router.post('/e{n}')\nasync def e{n}({given}):\n"
WAIT = "    async with httpx.AsyncClient() as client:\n        return await client.get('https://x/{n}')\n"
STREAM = "    async def lines():\n        while True:\n            await asyncio.sleep(1)\n            yield '{n}'\n"
GIVEN = "db: AsyncSession = Depends(get_db), owner=Depends(key)"
HELD, SECOND = "connection-held-while-waiting", "second-session-inside-first"
FIRST_MANAGER = (
    "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def m0():\n"
    "    async with Session() as s:\n        yield s\n"
)
MANAGER = "@asynccontextmanager\nasync def m{m}():\n    async with m{n}() as s:\n        yield s\n"
AROUND = (
    "async def f{n}():\n    async with m{m}() as db:\n        await db.get(User, 1)\n"
    "        async with Session() as other:\n            await other.get(User, 1)\n"
)
ONE_KEY = KEY.format(k="")
# The rule, what stands there once, and what stands there n times.
SHAPES = {
    "endpoints behind one dependency": (HELD, ONE_KEY, ENDPOINT.replace("{given}", GIVEN) + WAIT),
    "endpoints behind one of their own": (
        HELD, "", KEY.replace("{k}", "{n}") + ENDPOINT.replace("{given}", "owner=Depends(key{n})") + WAIT),
    "dependencies of dependencies": (
        HELD, ONE_KEY,
        "async def key{n}(owner=Depends(key), db: AsyncSession = Depends(get_db)):\n    return await db.get(User, {n})\n"
         "async def own{n}(owner=Depends(key{n})):\n    return owner\n"
        + ENDPOINT.replace("{given}", "owner=Depends(own{n})") + WAIT),
    "dependencies of routers": (
        HELD, ONE_KEY,
        "r{n} = APIRouter()\n@r{n}.get('/')\nasync def e{n}(q):\n" + WAIT
        + "router.include_router(r{n}, dependencies=[Depends(key)])\n"),
    "routers in routers": (
        HELD, ONE_KEY + "r0 = APIRouter(dependencies=[Depends(key)])\n",
        "r{m} = APIRouter()\n@r{m}.get('/')\nasync def e{n}(q):\n" + WAIT + "r{n}.include_router(r{m})\n"),
    "waits in functions": (
        HELD, ONE_KEY,
        ENDPOINT.replace("{given}", GIVEN) + "    await w{n}(db)\n"
        + "async def w{n}(db):\n    await db.scalar(select(User))\n    await w{m}(db)\n    await asyncio.sleep(2)\n"),
    "waits one after the other": (
        HELD, ONE_KEY + ENDPOINT.format(n="", given=GIVEN), "    await db.get(User, {n})\n    await asyncio.sleep({m})\n"),
    "streams": (
        HELD, "from fastapi.responses import StreamingResponse\n" + ONE_KEY,
        ENDPOINT.replace("{given}", GIVEN) + STREAM + "    return StreamingResponse(lines())\n"),
    "streams that read": (
        "session-in-stream", "from fastapi.responses import StreamingResponse\n",
        ENDPOINT.replace("{given}", "db: AsyncSession = Depends(get_db)")
        + "    async def lines():\n        yield await db.get(User, {n})\n    return StreamingResponse(lines())\n"),
    "second sessions": (
        SECOND, "async def f():\n    async with Session() as db:\n        await db.scalar(select(User))\n",
        "        async with Session() as other:\n            await other.get(User, {n})\n"),
    "second sessions in functions": (
        SECOND, "",
        "async def s{n}(q):\n    async with Session() as db:\n        await db.get(User, {n})\n        await s{m}(q)\n"),
    "factories behind managers": (SECOND, FIRST_MANAGER, MANAGER + AROUND),
}  # fmt: skip


def asked(shape: str, size: int, folder: Path) -> int:
    """The questions of one rule over so many of these lines."""
    rule, once, line = SHAPES[shape]
    lines = "".join(line.replace("{n}", str(n)).replace("{m}", str(n + 1)) for n in range(size))
    return questions(lambda: lint_source(project("import asyncio\n" + once + lines), rule, folder)).total()


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_requests_are_little_more_than_twice_the_work(shape: str, tmp_path: Path) -> None:
    idle, once, twice = (asked(shape, size, tmp_path / str(size)) for size in (0, SIZE, 2 * SIZE))
    assert once > idle
    assert twice - idle < SLACK * (once - idle), (idle, once, twice)
