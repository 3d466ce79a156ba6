"""`second-session-inside-first`: two connections of one pool in one call."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Confidence
from tests.support.lint_cases import check_source
from tests.support.lint_models import project

FIRST = "async def f():\n    async with Session() as a:\n"
INNER = "        async with Session() as b:{mark}\n            await b.execute(text('y'))\n"
KEY = "async def key(db: AsyncSession = Depends(get_db)):\n    return await db.scalar(select(User))\n"
MANAGER = (
    "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def scope():\n"
    "    async with Session() as s:\n        yield s\n"
)
OWN = "    async with Session() as b:  # expect medium\n        await b.execute(text('y'))\n"
AUDIT = "async def audit():\n    async with Session() as s:\n        await s.execute(text('z'))\n"
NESTED = [
    (
        "import asyncpg\nclass Store:\n    def __init__(self, pool: asyncpg.Pool):\n        self.pool = pool\n"
        "    async def one(self, key):\n        async with self.pool.acquire() as c:\n"
        "            return await c.fetchval('x', key)\n    async def all(self, keys):\n"
        "        async with self.pool.acquire() as c:\n            for key in await c.fetch('y'):\n"
        "                await self.one(key)  # expect medium\nasync def make():\n"
        "    return Store(await asyncpg.create_pool('x'))\n"
    ),
    (
        "async def f():\n    async with engine.begin() as a:\n"
        "        async with engine.connect() as b:  # expect medium\n"
        "            await b.execute(text('x'))\n"
    ),
    AUDIT + FIRST + "        await a.execute(text('x'))\n        await audit()  # expect medium\n",
    (
        AUDIT
        + FIRST
        + "        if a:\n            await a.execute(text('x'))\n            await audit()  # expect medium\n"
        "            return\n"
    ),
    (
        AUDIT + FIRST + "        await a.execute(text('w'))\n        if a:\n            await a.execute(text('x'))\n"
        "            return\n        await audit()  # expect medium\n"
    ),
    AUDIT + FIRST + "        if a:\n            await a.execute(text('x'))\n        await audit()  # expect medium\n",
    (
        AUDIT + FIRST + "        for one in range(3):\n            if a:\n                await a.execute(text('x'))\n"
        "                break\n        await audit()  # expect medium\n"
    ),
    FIRST + "        await a.execute(text('x'))\n" + INNER.format(mark="  # expect high"),
    FIRST
    + "        await a.execute(text('x'))\n        if a:\n    "
    + INNER.format(mark="  # expect high").replace("\n", "\n    "),
    MANAGER
    + "async def f():\n    async with scope() as a:\n        await a.execute(text('x'))\n"
    + INNER.format(mark="  # expect high"),
    "@router.get('/')\nasync def f(db: AsyncSession = Depends(get_db)):\n    await db.execute(text('x'))\n" + OWN,
    KEY + "@router.get('/')\nasync def f(k=Depends(key)):\n" + OWN,
]
APART = [
    # A branch that returns, or is the other one, has left no connection behind.
    AUDIT
    + FIRST
    + "        if a:\n            await a.execute(text('x'))\n            return\n        await audit()\n",
    AUDIT + FIRST + "        if a:\n            await a.execute(text('x'))\n        else:\n            await audit()\n",
    (
        "async def f(other):\n    async with engine.begin() as a:\n"
        "        async with other.connect() as b:\n            await b.execute(text('x'))\n"
    ),
    (
        "async def one(c):\n    return await c.fetchval('x')\nasync def f():\n"
        "    async with engine.connect() as a:\n        await one(a)\n"
        "    async with engine.connect() as b:\n        await one(b)\n"
    ),
    AUDIT + FIRST + "        await a.execute(text('x'))\n        await a.commit()\n        await audit()\n",
    AUDIT + FIRST + "        await a.execute(text('x'))\n    await audit()\n",
    FIRST + INNER.format(mark=""),
    FIRST + "        await a.execute(text('x'))\n        await a.commit()\n" + INNER.format(mark=""),
    FIRST + "        await a.execute(text('x'))\n" + INNER.format(mark="").replace("Session()", "other()"),
    "from sqlalchemy.ext.asyncio import async_sessionmaker\nReplica = async_sessionmaker()\n"
    + FIRST
    + "        await a.execute(text('x'))\n"
    + INNER.format(mark="").replace("Session()", "Replica()"),
    FIRST + "        await a.execute(text('x'))\n    async with Session() as b:\n        await b.execute(text('y'))\n",
    FIRST + "        await a.execute(text('x'))\n        async with Session() as b:\n            pass\n",
    FIRST
    + "        try:\n            await a.execute(text('x'))\n        except ValueError:\n            await a.rollback()\n"
    "            raise\n        async with a.begin():\n            pass\n",
]


@pytest.mark.parametrize("code", NESTED)
def test_two_connections_at_once_are_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "second-session-inside-first", tmp_path)


@pytest.mark.parametrize("code", APART)
def test_sessions_after_each_other_or_of_other_pools_are_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "second-session-inside-first", tmp_path)


CALLED = """\
async def audit(what):
    async with Session() as own:
        await own.execute(text("x"))
async def plain(what):
    return what
@router.post("/")
async def f(key: int, db: AsyncSession = Depends(get_db)):
    {body}
"""
BODIES = (
    "await db.get(User, key)\n    await audit('x')  # expect medium\n    await db.commit()",
    "db.add(User())\n    await db.flush()\n    await audit('x')  # expect medium",
    "await db.get(User, key)\n    await db.commit()\n    await audit('x')",
    "await audit('x')\n    await db.get(User, key)",
    "await db.get(User, key)\n    await plain('x')",
    "await unseen(db)\n    await audit('x')",
)


@pytest.mark.parametrize("body", BODIES)
def test_what_an_endpoint_awaits_may_open_the_second_one(body: str, tmp_path: Path) -> None:
    check_source(project(CALLED.format(body=body)), "second-session-inside-first", tmp_path)


OPTIONS = """\
async def audit(what, db: AsyncSession | None = None, *, keep=False):
    if db is not None:
        return await db.execute(text("x"))
    async with Session() as own:
        await own.execute(text("x"))
async def passed_on(what, db: AsyncSession | None = None):
    await audit(what, db=db)
async def only(what, keep: bool = False, quiet=True):
    if keep and what:
        async with Session() as own:
            await own.execute(text("x"))
    elif not quiet:
        await audit(what)
async def rebound(db: AsyncSession | None = None):
    db = None
    await audit(1, db)
async def needed(what, db: AsyncSession | None):
    if db:
        await db.execute(text("x"))
    else:
        async with Session() as own:
            await own.execute(text("x"))
async def handed(what, db: AsyncSession | None = None):
    await needed(what, db)
async def loaded(rows: dict[str, str] | None = None):
    if rows is not None:
        return rows
    async with Session() as own:
        return await own.execute(text("x"))
async def filled(rows=None):
    if not rows:
        async with Session() as own:
            await own.execute(text("x"))
@router.post("/")
async def f(key: int, db: AsyncSession = Depends(get_db)):
    await db.get(User, key)
    {body}
"""
BY_OPTIONS = (
    ("await loaded()", True),
    ("await loaded({one: 'x' for one in 'abc'})", False),
    ("rows = [key, 'x']\n    await loaded(rows)", False),
    ("rows = await db.scalar(text('x'))\n    await loaded(rows)", True),
    ("await filled([one for one in 'abc'])", True),
    ("await needed('x', db)", False),
    ("await needed('x', None)", True),
    ("await handed('x', db=db)", False),
    ("await handed('x')", True),
    ("await audit('x')", True),
    ("await audit('x', db=db)", False),
    ("await audit('x', None)", True),
    ("await audit('x', **key)", True),
    ("await passed_on('x')", True),
    ("await passed_on('x', db)", False),
    ("await only('x')", False),
    ("await only('x', keep=False)", False),
    ("await only('x', keep=True)", True),
    ("await only('x', key)", True),
    ("await only('x', quiet=False)", True),
    ("await rebound(db)", True),
)


@pytest.mark.parametrize(("body", "told"), BY_OPTIONS)
def test_what_a_call_leaves_out_opens_no_session(body: str, told: bool, tmp_path: Path) -> None:
    code = OPTIONS.format(body=body + ("  # expect medium" if told else ""))
    check_source(project(code), "second-session-inside-first", tmp_path)


@pytest.mark.parametrize(
    ("path", "mark"), [("app/jobs.py", "  # expect high"), ("app/cli/users.py", ""), ("app/cli.py", "")]
)
def test_of_a_command_line_no_second_call_waits(path: str, mark: str, tmp_path: Path) -> None:
    code = FIRST + "        await a.execute(text('x'))\n" + INNER.format(mark=mark)
    files = project("") | {path: "from sqlalchemy import text\nfrom app.db import Session\n" + code}
    check_source(files, "second-session-inside-first", tmp_path, least=Confidence.MEDIUM)


GIVEN = """\
class Orders:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def place(self, key, own: bool = False):
        {before}
        await audit('placed'){self}
        await self.session.commit()
async def place(db: AsyncSession, key):
    {alone}
    async with Session() as b:{inner}
        await b.execute(text('y'))
async def audit(what, session: AsyncSession | None = None):
    async with Session() as s:
        await s.execute(text('z'))
"""
ASKS = {"before": "await self.session.execute(text('x'))", "alone": "await db.execute(text('x'))"}
OF_GIVEN: tuple[tuple[dict[str, str], bool], ...] = (
    ({}, True),
    ({"before": "if key:\n            await self.session.execute(text('x'))", "alone": "if key:\n        await db.get(User, 1)"}, False),
    ({"before": "await self.session.execute(text('x'))\n        await self.session.commit()",
      "alone": "await db.execute(text('x'))\n    await db.rollback()"}, False),
    ({"before": "self.session.add(User())", "alone": "db.add(User())"}, False),
    ({"before": "await self.session.execute(text('x'))\n        await key(self.session)",
      "alone": "await db.execute(text('x'))\n    await key(db)"}, False),
)  # fmt: skip


@pytest.mark.parametrize(("parts", "told"), OF_GIVEN)
def test_a_session_that_was_given_waits_at_the_one_pool_of_a_project(
    parts: dict[str, str], told: bool, tmp_path: Path
) -> None:
    mark = "  # expect medium" if told else ""
    code = GIVEN.format(**(ASKS | parts), self=mark, inner=mark)
    check_source(project(code), "second-session-inside-first", tmp_path)


OTHER_POOL = "other = create_async_engine('postgresql+asyncpg://localhost/other')\n"


@pytest.mark.parametrize(
    ("path", "mark"),
    [("app/more.py", ""), ("tests/conftest.py", "  # expect medium"), ("app/scripts/load.py", "  # expect medium")],
)
def test_with_another_engine_it_may_wait_at_another_pool(path: str, mark: str, tmp_path: Path) -> None:
    files = project(GIVEN.format(**ASKS, self=mark, inner=mark))
    files[path] = "from sqlalchemy.ext.asyncio import create_async_engine\n" + OTHER_POOL
    check_source(files, "second-session-inside-first", tmp_path)


def test_a_session_that_is_handed_to_what_opens_one_may_be_the_one_it_uses(tmp_path: Path) -> None:
    code = GIVEN.format(**ASKS, self="", inner="  # expect medium").replace(
        "audit('placed')", "audit('placed', self.session)"
    )
    check_source(project(code), "second-session-inside-first", tmp_path)


@pytest.mark.parametrize(("ending", "told"), [("await db.commit()", False), ("await db.flush()", True), ("pass", True)])
def test_what_is_handed_the_first_session_may_commit_it_before_it_opens_one(
    ending: str, told: bool, tmp_path: Path
) -> None:
    code = (
        AUDIT + f"async def close(db):\n    {ending}\n    await audit()\n"
        "async def check(db, key):\n    if key:\n        await close(db)\n"
        + FIRST
        + f"        await a.execute(text('x'))\n        await check(a, 1){'  # expect medium' * told}\n"
    )
    check_source(project(code), "second-session-inside-first", tmp_path, least=Confidence.MEDIUM)


def test_without_a_pool_nobody_waits(tmp_path: Path) -> None:
    files = project(GIVEN.format(**ASKS, self="", inner=""))
    made = next(path for path, text in files.items() if "create_async_engine(" in text)
    files[made] = "from sqlalchemy.pool import NullPool\n" + files[made].replace(
        "create_async_engine(", "create_async_engine(poolclass=NullPool, url="
    )
    check_source(files, "second-session-inside-first", tmp_path)


@pytest.mark.parametrize(("ending", "told"), [("pass", True), ("await db.rollback()", False)])
@pytest.mark.parametrize("asked", ["Depends(allowed)", "Depends(other)"])
def test_a_dependency_whose_session_comes_by_a_type_of_another_file(
    ending: str, told: bool, asked: str, tmp_path: Path
) -> None:
    mark = "  # expect medium" * (told and asked == "Depends(allowed)")
    files = project(
        AUDIT
        + f"from app.auth import allowed\nasync def other(): ...\n@router.get('/')\nasync def f(key={asked}): ...\n"
    )
    files["app/given.py"] = (
        "from typing import Annotated\nfrom fastapi import Depends\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
        "from app.db import get_db\nDb = Annotated[AsyncSession, Depends(get_db)]\n"
    )
    files["app/auth.py"] = (
        "from fastapi import HTTPException\nfrom sqlalchemy import text\nfrom app.code import audit\nfrom app.given import Db\n"
        f"async def allowed(db: Db):\n    await db.scalar(text('x'))\n    {ending}\n    await audit(){mark}\n"
    )
    check_source(files, "second-session-inside-first", tmp_path)
