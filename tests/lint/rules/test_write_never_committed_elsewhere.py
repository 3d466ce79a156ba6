"""`write-never-committed` follows a session to the function that writes with it, and a dependency to who depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

SEEN = """\
async def seen(db: AsyncSession, key):
    user = await db.get(User, key)
    {change}
    await db.flush()
    {then}
    return user.id
async def keep(db, user):
    db.add(user)
async def keep_by_others(db, user):
    await keep(db, user)
class Users:
    def __init__(self, db):
        self.db = db
    async def keep(self, user):
        self.db.add(user)
        await self.db.flush()
async def dry_run(db, user):
    db.add(user)
@asynccontextmanager
async def saving():
    async with Session() as session:
        yield session
        await session.commit()
async def dispatch(user):
    async with {opened} as s:{told}
        {work}
"""
TOLD = "  # expect medium"
CHANGES, LOOKS = "user.name = 'b'", "pass"


@pytest.mark.parametrize(
    ("opened", "change", "then", "work", "told"),
    [
        ("Session()", CHANGES, "pass", "await seen(s, 1)", TOLD),
        ("Session()", CHANGES, "await db.commit()", "await seen(s, 1)", ""),
        ("Session()", CHANGES, "pass", "await seen(s, 1); await s.commit()", ""),
        ("Session()", LOOKS, "pass", "await seen(s, 1)", ""),
        ("Session.begin()", CHANGES, "pass", "await seen(s, 1)", ""),
        ("saving()", CHANGES, "pass", "await seen(s, 1)", ""),
        ("Session() as s, s.begin()", CHANGES, "pass", "await seen(s, 1)", ""),
        ("Session()", LOOKS, "pass", "await keep_by_others(s, user)", TOLD),
        ("Session()", LOOKS, "pass", "await Users(s).keep(user)", TOLD),
        ("Session()", LOOKS, "pass", "users = Users(s); await users.keep(user)", TOLD),
        ("Session()", LOOKS, "pass", "await keep(s, user); await unseen(s)", ""),
        ("Session()", LOOKS, "pass", "await keep(s, user); return s", ""),
        ("Session()", LOOKS, "pass", "await keep(s, user); yield 1", ""),
        ("Session()", LOOKS, "pass", "await dry_run(s, user)", ""),
        ("Session()", LOOKS, "pass", "preview = await keep(s, user); await s.rollback()", ""),
    ],
)
def test_a_block_whose_session_is_written_with_elsewhere(
    opened: str, change: str, then: str, work: str, told: str, tmp_path: Path
) -> None:
    code = "from contextlib import asynccontextmanager\n" + SEEN.format(
        opened=opened, change=change, then=then, work=work, told=told
    )
    code = code.replace("s.begin() as s:", "s.begin():")
    check_source(project(code), "write-never-committed", tmp_path)


DEPENDED_ON = """\
async def other(db: AsyncSession = Depends(get_db)):
    await db.get(User, 1)
    {other}
async def current(db: AsyncSession = Depends(get_db)) -> User:
    user = await db.scalar(select(User).limit(1))
    if user is None:
        user = User(name="a")
        db.add(user){told}
        {flush}
    return user
async def admin(user: User = Depends(current)):
    return user
@router.get("/me")
async def me({given}):
    {body}
"""
OWN = "user: User = Depends(current)"


@pytest.mark.parametrize(
    ("given", "flush", "body", "other", "told"),
    [
        (OWN, "await db.flush()", "return user.id", "pass", TOLD),
        ("user: User = Depends(admin)", "await db.flush()", "return user.id", "pass", TOLD),
        (f"{OWN}, db: AsyncSession = Depends(get_db)", "pass", "return await db.get(User, 1)", "pass", TOLD),
        (f"{OWN}, done=Depends(other)", "pass", "return user.id", "pass", TOLD),
        (OWN, "await db.commit()", "return user.id", "pass", ""),
        (f"{OWN}, db: AsyncSession = Depends(get_db)", "await db.flush()", "await db.commit()", "pass", ""),
        (f"{OWN}, db: AsyncSession = Depends(get_db)", "await db.flush()", "await unseen(db)", "pass", ""),
        (f"{OWN}, done=Depends(other)", "pass", "return user.id", "await db.commit()", ""),
        (f"{OWN}, done=Depends(unseen)", "pass", "return user.id", "pass", ""),
        ("user: User = None", "await db.flush()", "return user.id", "pass", ""),
    ],
)
def test_a_write_of_a_dependency_that_an_endpoint_loses(
    given: str, flush: str, body: str, other: str, told: str, tmp_path: Path
) -> None:
    code = DEPENDED_ON.format(given=given, flush=flush, body=body, other=other, told=told)
    check_source(project(code), "write-never-committed", tmp_path)


def test_a_dependency_behind_a_session_that_is_committed_for_it(tmp_path: Path) -> None:
    files = project(DEPENDED_ON.format(given=OWN, flush="await db.flush()", body="pass", other="pass", told=""))
    files["app/db.py"] = files["app/db.py"].replace("yield session", "yield session\n        await session.commit()")
    check_source(files, "write-never-committed", tmp_path)


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("end", ["", "await self.db.commit()", "await self.finish()"])
def test_a_method_that_calls_another_of_its_object(steps: int, end: str, tmp_path: Path) -> None:
    chain = "".join(
        f"    async def step{n}(self, user):\n        await self.step{n + 1}(user)\n" for n in range(steps - 1)
    )
    code = f"""\
class Users:
    def __init__(self, db: AsyncSession):
        self.db = db
{chain}    async def step{steps - 1}(self, user):
        async with self.db.begin_nested():
            self.db.add(user)
        {end or "return None"}
    async def finish(self):
        await self.db.commit()
async def keep(user):
    async with Session() as db:{"" if end else TOLD}
        users = Users(db)
        await users.step0(user)
"""
    check_source(project(code), "write-never-committed", tmp_path)


@pytest.mark.parametrize(
    ("method", "ending", "told"),
    [("post", "pass", True), ("post", "await db.commit()", False), ("get", "pass", False)],
)
def test_a_route_whose_session_comes_by_a_type_of_another_file(
    method: str, ending: str, told: bool, tmp_path: Path
) -> None:
    files = project("async def keep(db, user):\n    db.add(user)\n")
    files["app/given.py"] = (
        "from typing import Annotated\nfrom fastapi import Depends\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
        "from app.db import get_db\nDb = Annotated[AsyncSession, Depends(get_db)]\n"
    )
    files["app/routes.py"] = (
        "from fastapi import APIRouter\nfrom app.given import Db\nfrom app.code import keep\nrouter = APIRouter()\n"
        f"@router.{method}('/')\nasync def create(user: dict, db: Db):{TOLD * told}\n    await keep(db, user)\n    {ending}\n"
    )
    check_source(files, "write-never-committed", tmp_path)
