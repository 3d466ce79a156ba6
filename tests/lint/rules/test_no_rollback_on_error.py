"""`no-rollback-on-error` sees sessions that live on after an error, and trusts whoever closes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

CLASS = "class Users:\n    def __init__(self, given: AsyncSession):\n        self.session = {made}\n"
SAVE = "    async def save(self, user):\n        self.session.add(user)\n        await self.session.commit(){mark}\n"
BAD = [
    CLASS.format(made="Session()") + SAVE.format(mark="  # expect medium"),
    CLASS.format(made="Session()") + SAVE.format(mark="  # expect high") + "users = Users(None)\n",
    CLASS.format(made="AsyncSession(engine)") + SAVE.format(mark="  # expect medium"),
    "shared = Session()\nasync def save(user):\n    shared.add(user)\n    await shared.flush()  # expect high\n",
]
MAIN = "if __name__ == '__main__':\n    "
BAD.append(BAD[-1] + MAIN + "uvicorn.run(app)\n")
ENDING = "    async def __aexit__(self, *_):\n        await self.session.close()\n"
WATCH = (
    "def watched(f):\n    async def inner(*a):\n        try:\n            return await f(*a)\n        except Exception:\n"
    "            await shared.rollback()\n            raise\n    return inner\n"
)
GOOD = [
    # Ended by a base, by an `async with` of its own, by a decorator, or with the program.
    "class Base:\n" + ENDING + CLASS.replace("Users", "Users(Base)").format(made="Session()") + SAVE.format(mark=""),
    CLASS.format(made="Session()")
    + SAVE.format(mark="")
    + "    async def run(self):\n        async with self.session:\n"
    "            await self.save(1)\n",
    WATCH + BAD[-2].replace("async def", "@watched\nasync def").replace("  # expect high", ""),
    "import asyncio\n" + BAD[-2].replace("  # expect high", "") + MAIN + "asyncio.run(save(1))\n",
    CLASS.format(made="given") + SAVE.format(mark=""),
    CLASS.format(made="Session") + "    async def save(self):\n        async with self.session() as s:\n"
    "            await s.commit()\n",
    CLASS.format(made="Session()")
    + SAVE.format(mark="")
    + "    async def stop(self):\n        await self.session.close()\n",
    CLASS.format(made="Session()")
    + "    async def save(self):\n        try:\n            await self.session.commit()\n"
    "        except IntegrityError:\n            await self.session.rollback()\n            raise\n",
    CLASS.format(made="Session()") + "    async def save(self):\n        async with self.session.begin():\n"
    "            await self.session.flush()\n",
    "async def save(user):\n    session = Session()\n    await session.commit()\n",
    "async def save(user):\n    async with Session() as session:\n        await session.commit()\n",
    "async def save(user, db: AsyncSession = Depends(get_db)):\n    db.add(user)\n    await db.commit()\n",
]


def test_a_base_in_another_file_ends_it_too(tmp_path: Path) -> None:
    users = "from app.base import Base\n" + CLASS.replace("Users", "Users(Base)").format(made="Session()")
    files = project(users + SAVE.format(mark=""))
    check_source({**files, "app/base.py": "class Base:\n" + ENDING}, "no-rollback-on-error", tmp_path)


@pytest.mark.parametrize("code", BAD + GOOD)
def test_only_sessions_that_nobody_rolls_back_are_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "no-rollback-on-error", tmp_path)
