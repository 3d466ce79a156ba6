"""`write-never-committed` sees writes that the closing of the session rolls back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

BAD = [
    "async def f(user):\n    async with Session() as s:\n        s.add(user)  # expect high\n",
    (
        "async def f(user):\n    async with Session() as s:\n        await s.delete(user)  # expect high\n"
        "        await s.flush()\n"
    ),
    (
        "async def f():\n    async with Session() as s:\n        q = update(User).values(name='b')\n"
        "        await s.execute(q)  # expect high\n"
    ),
    (
        "async def f():\n    async with AsyncSession(engine) as s:\n"
        "        await s.execute(text('DELETE FROM t'))  # expect high\n"
    ),
    (
        "@router.post('/u')\nasync def f(db: AsyncSession = Depends(get_db)):\n    db.add(User())  # expect medium\n"
        "    await db.flush()\n    return 1\n"
    ),
]
CHANGED = [
    (
        "async def f(name):\n    async with Session() as s:\n        user = await s.get(User, 1)\n"
        "        user.name = name  # expect medium\n        user.age = 3\n"
    ),
    (
        "async def f(name):\n    async with Session() as s:\n"
        "        for user in (await s.scalars(select(User))).all():\n            user.age += 1  # expect medium\n"
    ),
    (
        "@router.put('/u')\nasync def f(name: str, db: AsyncSession = Depends(get_db)):\n"
        "    user = (await db.execute(select(User))).scalar_one()\n    user.name = name  # expect medium\n    return user\n"
    ),
]
UNCHANGED = [
    (
        "async def f(name):\n    async with Session() as s:\n        user = await s.get(User, 1)\n"
        "        user.name = name\n        await s.commit()\n"
    ),
    (
        "async def f(name):\n    async with Session.begin() as s:\n        user = await s.get(User, 1)\n"
        "        user.name = name\n"
    ),
    (
        "async def f(name):\n    async with Session() as s:\n        user = await s.get(User, 1)\n"
        "        user.name = None\n        user.shown = name\n        return user\n"
    ),
    (
        "async def f(name):\n    async with Session() as s:\n        user = await s.get(User, 1)\n"
        "        s.expunge(user)\n        user.name = name\n"
    ),
    (
        "async def f(name):\n    async with Session() as s:\n        user = await s.get(User, 1)\n"
        "        user.name = name\n        await keep(s)\n"
    ),
    ("async def f(name):\n    async with Session() as s:\n        user = await s.get(User, 1)\n    user.name = name\n"),
    (
        "@router.get('/u')\nasync def f(db: AsyncSession = Depends(get_db)):\n"
        "    user = await db.get(User, 1)\n    user.name = user.name.title()\n    return user\n"
    ),
]
GOOD = [
    "async def f(user):\n    async with Session() as s:\n        s.add(user)\n        await s.commit()\n",
    "async def f(user):\n    async with Session.begin() as s:\n        s.add(user)\n",
    "async def f(user):\n    async with Session() as s, s.begin():\n        s.add(user)\n",
    "async def f(user):\n    async with Session() as s:\n        async with s.begin():\n            s.add(user)\n",
    "async def f(user):\n    async with Session() as s:\n        s.add(user)\n        await save(s)\n",
    "async def f(user):\n    async with Session() as s:\n        s.add(user)\n        yield s\n        await g()\n",
    "async def f(user):\n    async with Session() as s:\n        s.add(user)\n        await Saver(session=s).save()\n",
    "async def f(user, dry_run):\n    async with Session() as s:\n        s.add(user)\n        await s.rollback()\n",
    "async def preview(user):\n    async with Session() as s:\n        s.add(user)\n        await s.flush()\n",
    "async def f():\n    async with Session() as s:\n        await s.execute(select(User))\n",
    "async def f(user):\n    async with managed() as s:\n        s.add(user)\n",
    "async def f(db: AsyncSession):\n    db.add(User())\n",
    (
        "async def f(user):\n    async with Session() as s:\n        s.add(user)\n        c = s.commit\n"
        "        await c()\n"
    ),
    "@router.post('/u')\nasync def f(db: AsyncSession = Depends(get_db)):\n    db.add(User())\n    await db.commit()\n",
    "@router.post('/u')\nasync def f(db: AsyncSession = Depends(get_db), x=Depends(get_other)):\n    db.add(User())\n",
    (
        "@router.post('/u', dependencies=[Depends(x)])\n"
        "async def f(db: AsyncSession = Depends(get_db)):\n    db.add(User())\n"
    ),
]
CONFIGURED = """\
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
engine = create_async_engine("postgresql+asyncpg://localhost/shop")
Made = async_sessionmaker(engine, expire_on_commit=False)
"""
CONNECTIONS = [
    "async def f(user):\n    async with Made() as s:\n        s.add(user)  # expect high\n",
    "async def f():\n    async with engine.connect() as c:\n        await c.execute(text('UPDATE t SET a = 1'))  # expect high\n",
    (
        "async def f():\n    async with engine.connect() as c:\n        await c.execute(text('UPDATE t SET a = 1'))\n"
        "        await c.commit()\n"
    ),
    "async def f():\n    async with engine.begin() as c:\n        await c.execute(text('UPDATE t SET a = 1'))\n",
    "async def f():\n    async with engine.connect() as c:\n        await c.execute(text('SELECT 1'))\n",
    "async def f():\n    async with engine.connect() as c, c.begin():\n        await c.execute(text('DELETE FROM t'))\n",
    (
        "auto = engine.execution_options(isolation_level='AUTOCOMMIT')\nasync def f():\n    async with auto.connect() as c:\n"
        "        await c.execute(text('DELETE FROM t'))\n"
    ),
]
MANAGED = """\
from contextlib import asynccontextmanager
@asynccontextmanager
async def managed():
    async with Session() as session:
        yield session
        await session.commit()
"""


@pytest.mark.parametrize("code", BAD + CHANGED + UNCHANGED + GOOD)
def test_only_writes_that_nobody_commits_are_found(code: str, tmp_path: Path) -> None:
    check_source(project(MANAGED + code), "write-never-committed", tmp_path)


@pytest.mark.parametrize("code", CONNECTIONS)
def test_connections_and_factories_with_settings_are_as_sessions(code: str, tmp_path: Path) -> None:
    check_source(CONFIGURED + code, "write-never-committed", tmp_path)


def test_a_dependency_that_commits_is_enough(tmp_path: Path) -> None:
    files = project(BAD[-1].replace("# expect medium", ""))
    files["app/db.py"] = files["app/db.py"].replace("yield session", "yield session\n        await session.commit()")
    check_source(files, "write-never-committed", tmp_path)


THROUGH = """\
async def keep(db: AsyncSession, user):
    db.add(user){told}
    await db.flush()
async def keep_and_commit(db: AsyncSession, user):
    db.add(user)
    await db.commit()
class Users:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def keep(self, user):
        return await keep(self.db, user)
    async def read(self, key):
        return await self.db.get(User, key)
@router.{verb}("/")
async def f(user, db: AsyncSession = Depends({dependency})):
    {body}
async def committing():
    async with Session() as session:
        yield session
        await session.commit()
"""
WAYS = (
    ("post", "await keep(db, user)", True),
    ("put", "await Users(db).keep(user)", True),
    ("delete", "users = Users(db)\n    await users.keep(user)", True),
    ("post", "await keep_and_commit(db, user)", False),
    ("post", "await Users(db).keep(user)\n    await db.commit()", False),
    ("post", "await keep(db, user)\n    await unseen(db)", False),
    ("post", "await keep(db, user)\n    return db", False),
    ("post", "await Users(db).read(user)", False),
    ("get", "await keep(db, user)", False),
)


@pytest.mark.parametrize(("verb", "body", "told"), WAYS)
def test_a_write_in_what_a_route_calls_needs_a_commit_somewhere(
    verb: str, body: str, told: bool, tmp_path: Path
) -> None:
    code = THROUGH.format(verb=verb, body=body, dependency="get_db", told="  # expect medium" if told else "")
    check_source(project(code), "write-never-committed", tmp_path)


def test_a_dependency_that_commits_is_enough_for_what_a_route_calls(tmp_path: Path) -> None:
    code = THROUGH.format(verb="post", body="await keep(db, user)", dependency="committing", told="")
    check_source(project(code), "write-never-committed", tmp_path)


UNIT = """\
class Users:
    def __init__(self, session: AsyncSession):
        self.session = session
    def add(self, user):
        self.session.add(user)
    async def find(self, key):
        return await self.session.get(User, key)
class Unit:
    async def __aenter__(self):
        self.session = Session()
        self.users = Users(self.session)
        return self
    async def __aexit__(self, kind, error, trace):
        {leave}
        await self.session.close()
    async def commit(self):
        await self.session.commit()
    async def rollback(self):
        await self.session.rollback()
async def save(user):
    async with Unit() as unit:{at_block}
        {work}
async def save_given(unit: Unit, user):
    async with unit:{at_block}
        {work}
"""


@pytest.mark.parametrize(
    ("leave", "work", "at_block"),
    [
        ("await self.rollback()", "unit.session.add(user)  # expect medium", ""),
        ("pass", "unit.users.add(user)", "  # expect medium"),
        ("pass", "await unit.users.find(user.id)", ""),
        ("await self.commit()", "unit.users.add(user)", ""),
        ("await self.rollback()", "unit.users.add(user); await unit.commit()", ""),
        ("pass", "unit.users.add(user); await finish(unit)", ""),
        ("pass", "unit.users.add(user); return unit", ""),
        ("await super().__aexit__(kind, error, trace)", "unit.users.add(user)", ""),
        ("await unseen(self.session)", "unit.users.add(user)", ""),
    ],
)
def test_a_unit_of_work_that_nobody_commits_is_found(leave: str, work: str, at_block: str, tmp_path: Path) -> None:
    check_source(project(UNIT.format(leave=leave, work=work, at_block=at_block)), "write-never-committed", tmp_path)


FACTORY_UNIT = {
    "db.py": (
        "from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine\n"
        "Factory = async_sessionmaker(create_async_engine('postgresql+asyncpg://localhost/x'))\n"
    ),
    "units.py": (
        "from db import Factory\n\nclass Users:\n    def __init__(self, session):\n        self.session = session\n\n"
        "    async def add(self, user):\n        self.session.add(user)\n        await self.session.flush()\n\n"
        "class Unit:\n    def __init__(self, factory=Factory):\n        self.factory = factory\n\n"
        "    async def __aenter__(self):\n        self.session = self.factory()\n        self.users = Users(self.session)\n"
        "        return self\n\n    async def __aexit__(self, *_):\n        await self.session.close()\n\n"
        "    async def commit(self):\n        await self.session.commit()\n"
    ),
}


@pytest.mark.parametrize(("ends", "told"), [("pass", "  # expect medium"), ("await self.uow.commit()", "")])
def test_a_unit_that_is_given_its_factory_by_default(ends: str, told: str, tmp_path: Path) -> None:
    service = (
        "from units import Unit\n\nclass Service:\n    def __init__(self, uow: Unit):\n        self.uow = uow\n\n"
        f"    async def hire(self, user):\n        async with self.uow:{told}\n            await self.uow.users.add(user)\n"
        f"            {ends}\n"
    )
    check_source({**FACTORY_UNIT, "service.py": service}, "write-never-committed", tmp_path)
