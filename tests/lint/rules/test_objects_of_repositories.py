"""`expired-after-commit` knows whose session an object is of that a repository loads: by what the repository was made with, or
by its attribute."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

USERS = """\
class Users:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def get(self, key: int) -> User | None:
        return (await self.session.execute(select(User).where(User.id == key))).scalar_one_or_none()
"""
CASES = [
    ("db: AsyncSession", "user = await Users(db).get(1)", "await db.commit()", True),
    ("db: AsyncSession", "users = Users(session=db)\n    user = await users.get(1)", "await db.commit()", True),
    ("users: Users", "user = await users.get(1)", "await users.session.commit()", True),
    ("db: AsyncSession, other: AsyncSession", "user = await Users(other).get(1)", "await db.commit()", False),
    ("db: AsyncSession, users: Users", "user = await users.get(1)", "await db.commit()", False),
    ("users: Users, others: Users", "user = await users.get(1)", "await others.session.commit()", False),
    ("db: AsyncSession", "user = await Users(db).get(1)", "await db.flush()", False),
    ("db: AsyncSession", "user = await Users(db).get(1)", "await db.commit()\n    await db.refresh(user)", False),
]


@pytest.mark.parametrize(("given", "load", "cause", "told"), CASES)
def test_the_session_of_a_repository(given: str, load: str, cause: str, told: bool, tmp_path: Path) -> None:
    mark = "  # expect medium" * told
    code = f"{USERS}async def f({given}):\n    {load}\n    {cause}\n    return user.name{mark}\n"
    check_source(project(code), "expired-after-commit", tmp_path)


def test_what_a_service_has_flushed_is_read_behind_the_commit(tmp_path: Path) -> None:
    models = (
        "from datetime import datetime\nfrom sqlalchemy import func\n"
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\nclass Base(DeclarativeBase): ...\n"
        "class User(Base):\n    __tablename__ = 'users'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    name: Mapped[str]\n    seen: Mapped[datetime] = mapped_column(onupdate=func.now())\nclass Order(Base):\n"
        "    __tablename__ = 'orders'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    )
    code = USERS + (
        "async def rename(users: Users, key: int, name: str) -> User:\n    user = await users.get(key)\n"
        "    user.name = name\n    await users.session.flush()\n    return user\n"
        "async def f(db: AsyncSession):\n    user = await rename(Users(db), 1, 'x')\n    await db.commit()\n"
        "    print(user.name)\n    return user.seen  # expect medium\n"
    )
    files = project(code, options=", expire_on_commit=False") | {"app/models.py": models}
    check_source(files, "expired-after-commit", tmp_path)


SERVICE = """\
class Service:
    def __init__(self, session: AsyncSession, other: AsyncSession):
        self.{kept}
        self.users = Users(session)
    async def f(self):
        user = await self.users.get(1)
        {cause}
        return user.name{mark}
"""


@pytest.mark.parametrize(
    ("kept", "cause", "told"),
    [
        ("db = session", "await self.db.commit()", True),
        ("db = other", "await self.db.commit()", False),
        ("db = session", "await self.users.end(); print(self.db)", True),
        ("db = session", "await self.users.look(); print(self.db)", False),
        ("db = session", "await self.users.keep(user); print(self.db)", False),
    ],
)
def test_a_service_that_makes_its_repository_with_its_session(
    kept: str, cause: str, told: bool, tmp_path: Path
) -> None:
    more = (
        "    async def end(self):\n        await self.session.commit()\n"
        "    async def look(self):\n        await self.session.flush()\n"
        "    async def keep(self, user):\n        await self.session.commit()\n        await self.session.refresh(user)\n"
    )
    code = USERS + more + SERVICE.format(kept=kept, cause=cause, mark="  # expect medium" * told)
    check_source(project(code), "expired-after-commit", tmp_path)


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        ("users.end()", True),
        ("users.tried()", False),
        ("others.end()", False),
        ("users.keep(user)", False),
        ("users.look()", False),
    ],
)
def test_a_method_of_the_repository_that_commits(cause: str, told: bool, tmp_path: Path) -> None:
    more = (
        "    async def end(self):\n        await self.session.commit()\n    async def look(self):\n        print(self)\n"
        "    async def keep(self, user):\n        await self.session.commit()\n"
        "    async def tried(self):\n        try:\n            await self.session.flush()\n"
        "        except ValueError:\n            await self.session.rollback()\n"
    )
    code = (
        f"{USERS}{more}async def f(db: AsyncSession, others: Users):\n    users = Users(db)\n"
        f"    user = await users.get(1)\n    await {cause}\n    return user.name{'  # expect medium' * told}\n"
    )
    check_source(project(code), "expired-after-commit", tmp_path)
