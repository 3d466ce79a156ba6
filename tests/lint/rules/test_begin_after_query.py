"""`begin-after-query`: what has begun a transaction before `begin()`, in the function or in a dependency."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

START = "async def f(db: AsyncSession, q):\n"
BEGIN = "    async with db.begin():{mark}\n        db.add(q)\n"
BAD = BEGIN.format(mark="  # expect high")
GOOD = BEGIN.format(mark="")
KEY = "async def key(db: AsyncSession = Depends(get_db)):\n    return await db.scalar(select(User))\n"
ROUTE = "@router.post('/')\nasync def f(q, db: AsyncSession = Depends(get_db), k=Depends(key)):\n"
BEGUN = [
    (
        "from contextlib import AsyncExitStack\n"
        + START
        + "    await db.execute(q)\n    async with AsyncExitStack() as stack:\n"
        "        await stack.enter_async_context(db.begin())  # expect high\n"
    ),
    START
    + "    await db.execute(q)\n    try:\n        await db.begin()  # expect high\n    except IntegrityError:\n        pass\n",
    (
        "class Users:\n    def __init__(self, session: AsyncSession):\n        self.session = session\n"
        "    async def named(self, q):\n        return await self.session.scalar(q)\nclass Service:\n"
        "    def __init__(self, session: AsyncSession):\n        self.session = session\n"
        "        self.users = Users(session)\n    async def add(self, q):\n"
        "        await self.users.named(q)\n        async with self.session.begin():  # expect medium\n"
        "            self.session.add(q)\n"
    ),
    (
        "class Users:\n    def __init__(self, session: AsyncSession):\n        self.session = session\n"
        "    async def named(self, q):\n        return await self.session.scalar(q)\n"
        "async def f(db: AsyncSession, q):\n    users = Users(db)\n    await users.named(q)\n"
        "    async with db.begin():  # expect medium\n        db.add(q)\n"
    ),
    START + "    await db.execute(q)\n" + BAD,
    START + "    db.add(q)\n" + BAD,
    START + "    await db.get(User, 1)\n    await db.begin()  # expect high\n",
    START + "    await db.commit()\n    await db.refresh(q)\n" + BAD,
    "async def f(q):\n    async with Session() as db:\n        await db.execute(q)\n    " + BAD.replace("\n", "\n    "),
    (
        "async def f(q):\n    async with engine.connect() as db:\n        await db.execute(q)\n"
        "        async with db.begin():  # expect high\n            await db.execute(q)\n"
    ),
    (
        "from sqlalchemy.orm import Session as Sync\ndef f(db: Sync, q):\n    db.execute(q)\n    with db.begin():  # expect high\n"
        "        db.add(q)\n"
    ),
    KEY + ROUTE + BAD,
    KEY.replace("return await", "if q:\n        return await").replace("key(", "key(q, ")
    + ROUTE
    + BAD.replace("high", "medium"),
    "async def own():\n    async with Session() as s:\n        await s.execute(text('SET x'))\n        yield s\n"
    "@router.post('/')\nasync def f(q, db: AsyncSession = Depends(own)):\n" + BAD,
]
OPEN = [
    (
        "from contextlib import AsyncExitStack\n" + START + "    async with AsyncExitStack() as stack:\n"
        "        await stack.enter_async_context(db.begin())\n        await db.execute(q)\n" + GOOD
    ),
    (
        "from sqlalchemy.exc import InvalidRequestError\n"
        + START
        + "    await db.execute(q)\n    try:\n        await db.begin()\n"
        "    except InvalidRequestError:\n        await db.begin_nested()\n"
    ),
    (
        "class Users:\n    def __init__(self, session: AsyncSession):\n        self.session = session\n"
        "    async def named(self, q):\n        return await self.session.scalar(q)\nclass Service:\n"
        "    def __init__(self, session: AsyncSession):\n        self.session = session\n"
        "        self.users = Users(session)\n    async def add(self, q):\n"
        "        await self.users.named(q)\n        await self.session.commit()\n"
        "        async with self.session.begin():\n            self.session.add(q)\n"
    ),
    (
        "class Users:\n    def __init__(self, session: AsyncSession):\n        self.session = session\n"
        "    async def named(self, q):\n        return await self.session.scalar(q)\nclass Service:\n"
        "    def __init__(self, session: AsyncSession, other: AsyncSession):\n"
        "        self.session = session\n        self.users = Users(other)\n    async def add(self, q):\n"
        "        await self.users.named(q)\n        async with self.session.begin():\n"
        "            self.session.add(q)\n"
    ),
    START + GOOD,
    START + "    await db.execute(q)\n    await db.commit()\n" + GOOD,
    START + "    await db.execute(q)\n    await db.rollback()\n" + GOOD,
    START + GOOD + GOOD,
    START + "    if q:\n        await db.execute(q)\n        return\n" + GOOD,
    START + "    await db.execute(q)\n    await finish(db)\n" + GOOD,
    START + "    await db.execute(q)\n    if not db.in_transaction():\n    " + GOOD.replace("\n", "\n    "),
    START + "    await db.execute(q)\n" + GOOD.replace("begin()", "begin_nested()"),
    START + "    other = Session()\n    await other.execute(q)\n" + GOOD,
    KEY + ROUTE + "    await db.commit()\n" + GOOD,
    KEY.replace("(get_db)", "(get_db, use_cache=False)") + ROUTE + GOOD,
    KEY.replace("    return", "    async with db.begin():\n        return") + ROUTE + GOOD,
    "async def key():\n    async with Session() as s:\n        return await s.scalar(select(User))\n" + ROUTE + GOOD,
]


@pytest.mark.parametrize("code", BEGUN)
def test_a_transaction_that_is_open_already_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "begin-after-query", tmp_path)


@pytest.mark.parametrize("code", OPEN)
def test_a_session_without_a_transaction_may_begin_one(code: str, tmp_path: Path) -> None:
    check_source(project(code), "begin-after-query", tmp_path)


REPOSITORY = """\
class Users:
    def __init__(self, session: AsyncSession):
        self._session = session

    async def named(self, name):
        return await self._session.scalar(select(User).where(User.name == name))

    async def named_whole(self, name):
        found = await self._session.scalar(select(User).where(User.name == name))
        await self._session.commit()
        return found

    async def rename(self, user, name):
        async with self._session.begin():BEGUN
            user.name = name

    async def renamed(self, user, name):
        if not self._session.in_transaction():
            await self._session.begin()

    async def both(self, name):
        user = await self.named(name)
        await self.rename(user, name)

    async def either(self, user, name):
        if name:
            await self.named(name)
        await self.rename(user, name)

async def prepare(session, name):
    await session.begin()
    await session.execute(delete(User))
    await session.commit()

"""
SERVICE = """\
class Service:
    def __init__(self, users: Users, other: Users):
        self.users = users
        self.other = other

    async def register(self, name, new):
        user = await self.users.{first}(name)
        if user is None:
            return None
        await self.{who}.{then}(user, new){mark}

async def generate(name):
    async with Session() as db:
        await db.scalar(select(User))
        {end}
        await prepare(db, name){again}
"""
MARK = "  # expect medium"


@pytest.mark.parametrize(
    ("first", "who", "then", "mark"),
    [
        ("named", "users", "rename", MARK),
        ("named_whole", "users", "rename", ""),
        ("named", "other", "rename", ""),
        ("named", "users", "renamed", ""),
    ],
)
def test_another_method_of_the_same_object_has_queried(
    first: str, who: str, then: str, mark: str, tmp_path: Path
) -> None:
    code = SERVICE.format(first=first, who=who, then=then, mark="", end="await db.commit()", again="")
    files = project(REPOSITORY.replace("BEGUN", MARK))  # `both` in the same file
    imports = files["app/code.py"].partition("class Users")[0]
    files["app/service.py"] = (
        imports
        + "from app.code import Users, prepare\n"
        + code.replace(f".{then}(user, new)", f".{then}(user, new){mark}")
    )
    check_source(files, "begin-after-query", tmp_path)


def test_the_caller_has_queried_before_a_function_begins(tmp_path: Path) -> None:
    files = project(REPOSITORY.replace("BEGUN", MARK))
    imports = files["app/code.py"].partition("class Users")[0] + "from app.code import Users, prepare\n"
    code = SERVICE.format(first="named_whole", who="users", then="rename", mark="", end="print()", again=MARK)
    check_source({**files, "app/service.py": imports + code}, "begin-after-query", tmp_path)


INJECTED = """\
async def key(db: AsyncSession = Depends(get_db)):
    return await db.scalar(select(User))
class Transfers:
    def __init__(self, db: AsyncSession = Depends({source})):
        self.db = db
    async def move(self, q):
        async with self.db.begin():{own}
            self.db.add(q)
async def move(db, q):
    async with db.begin():{plain}
        db.add(q)
async def other():
    async with Session() as db:
        yield db
@router.post('/')
async def f(q, transfers: Transfers = Depends(), db: AsyncSession = Depends({source}), k=Depends({first})):
    {before}
    await {call}
"""


@pytest.mark.parametrize(("call", "where"), [("transfers.move(q)", "own"), ("move(db, q)", "plain")])
@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({}, True),
        ({"before": "await db.commit()"}, False),
        ({"before": "await q(db, transfers)"}, False),
        ({"source": "other"}, False),
        ({"first": "get_db"}, False),
    ],
)
def test_a_dependency_has_queried_before_a_function_or_method_begins(
    call: str, where: str, parts: dict[str, str], told: bool, tmp_path: Path
) -> None:
    named = {"source": "get_db", "first": "key", "before": "print(q)"} | parts
    marks = {one: MARK if told and one == where else "" for one in ("own", "plain")}
    code = INJECTED.format(**named, call=call, **marks)
    check_source(project(code), "begin-after-query", tmp_path)
