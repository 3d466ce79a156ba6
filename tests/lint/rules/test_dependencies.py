"""Dependencies that close nothing, are called by hand, or make an engine: found where they are used as such."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

SA = """\
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Annotated
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
engine = create_async_engine("x")
Factory = async_sessionmaker(engine)
app = FastAPI()
async def get_db():
    async with Factory() as s:
        yield s
"""

CASES = {
    "dependency-without-cleanup": (
        "def dep():\n    return Factory()  # expect high\ndef f(db=Depends(dep)): ...\n",
        "async def dep():\n    s = Factory()  # expect high\n    return s\nDb = Annotated[int, Depends(dep)]\n",
        "async def dep():\n    s = Factory()  # expect high\n    yield s\ndef f(db=Depends(dep)): ...\n",
        "def f(db=Depends(Factory)):  # expect high\n    ...\n",
        "def f(db=Depends(get_db)): ...\n",
        "def fresh():\n    return Factory()\nasync def f():\n    async with fresh() as s: ...\n",
        """\
async def dep():
    s = Factory()
    try:
        yield s
    finally:
        await s.close()
def f(db=Depends(dep)): ...
""",
        "def get_factory():\n    return Factory\ndef f(make=Depends(get_factory)): ...\n",
    ),
    "dependency-called-directly": (
        "async def f():\n    db = get_db()  # expect high\n    await db.execute(select(1))\n",
        "async def f():\n    db = await get_db()  # expect high\n",
        "async def f():\n    async with get_db() as db:  # expect high\n        pass\n",
        "async def f():\n    db = await anext(get_db())  # expect medium\n    await db.commit()\n",
        "async def f(db: AsyncSession = get_db()):  # expect high\n    ...\n",
        """\
async def handler(x: int, db: AsyncSession = Depends(get_db)): ...
async def f(db: AsyncSession):
    await handler(1)  # expect high
    await handler(1, db)
    await handler(x=1, db=db)
""",
        "async def f(db: AsyncSession = Depends(get_db)): ...\n",
        "async def f():\n    async for db in get_db():\n        await db.commit()\n",
        "async def f():\n    async with asynccontextmanager(get_db)() as db:\n        await db.commit()\n",
        """\
@asynccontextmanager
async def session_scope():
    async with Factory() as s:
        yield s
async def f():
    async with session_scope() as db:
        await db.commit()
async def g():
    made = get_db()
    db = await anext(made)
    try:
        await db.commit()
    finally:
        await made.aclose()
""",
        """\
async def outer():
    async for s in get_db():
        yield s
""",
    ),
    "engine-per-request": (
        "@app.get('/')\nasync def f():\n    e = create_async_engine('x')  # expect high\n",
        """\
async def dep():
    e = create_async_engine('x')  # expect high
    async with AsyncSession(e) as s:
        yield s
def f(db=Depends(dep)): ...
""",
        """\
def make():
    return create_async_engine('x')  # expect high
@app.post('/')
async def f():
    async with AsyncSession(make()) as s: ...
""",
        "@lru_cache\ndef make():\n    return create_async_engine('x')\ndef f(e=Depends(make)): ...\n",
        "@app.on_event('startup')\nasync def f():\n    app.state.engine = create_async_engine('x')\n",
        "def main():\n    e = create_async_engine('x')\n",
        """\
@app.get('/')
async def f():
    e = create_async_engine('x')
    try: ...
    finally:
        await e.dispose()
""",
    ),
}


@pytest.mark.parametrize(
    ("rule", "code"), [(rule, code) for rule, codes in CASES.items() for code in codes], ids=lambda value: value[:40]
)
def test_only_the_marked_lines_are_found(rule: str, code: str, tmp_path: Path) -> None:
    check_source(SA + code, rule, tmp_path)


def test_a_dependency_used_in_another_module_is_known(tmp_path: Path) -> None:
    files = {
        "db.py": SA + "def session():\n    return Factory()  # expect high\ndef unused():\n    return Factory()\n",
        "api.py": "import db\nfrom fastapi import Depends\ndef route(s=Depends(db.session)): ...\n",
    }
    check_source(files, "dependency-without-cleanup", tmp_path)
