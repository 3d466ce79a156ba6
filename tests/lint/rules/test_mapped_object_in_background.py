"""`mapped-object-in-background`: a task that reads a relationship of an object that was handed to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

TASK = "def mail(user):\n    return len(user.orders)\n"
LOAD = "async def f(tasks, db: AsyncSession):\n    user = await db.get_one(User, 1)\n"
READ = [
    "from functools import partial\n" + TASK + LOAD + "    tasks.add_task(partial(mail, user))  # expect high\n",
    TASK + LOAD + "    tasks.add_task(mail, user)  # expect high\n",
    TASK + LOAD + "    tasks.add_task(mail, user=user)  # expect high\n",
    "import asyncio\nasync def mail(user):\n    print(user.orders)\n"
    + LOAD
    + "    asyncio.create_task(mail(user))  # expect high\n",
    TASK + "async def f(tasks, db: AsyncSession):\n    user = (await db.scalars(select(User))).one()\n"
    "    tasks.add_task(mail, user)  # expect high\n",
]
QUIET = [
    "from functools import partial\n" + TASK + LOAD + "    tasks.add_task(partial(mail, user.id))\n",
    TASK.replace("len(user.orders)", "user.name") + LOAD + "    tasks.add_task(mail, user)\n",
    TASK + LOAD + "    tasks.add_task(mail, user.id)\n",
    TASK + LOAD.replace("1)", "1, options=[selectinload(User.orders)])") + "    tasks.add_task(mail, user)\n",
    TASK + LOAD + "    await db.refresh(user, ['orders'])\n    tasks.add_task(mail, user)\n",
    TASK.replace("orders", "groups") + LOAD + "    tasks.add_task(mail, user)\n",
    "from mails import mail\n" + LOAD + "    tasks.add_task(mail, user)\n",
]


@pytest.mark.parametrize(
    ("walk", "is_read"),
    [
        ("for user in users:\n        print(user.orders)", True),
        ("return [len(user.orders) for user in users]", True),
        ("for user in users:\n        print(user.name)", False),
        ("for user in sorted(users):\n        print(user.name)\n    print(users)", False),
    ],
)
@pytest.mark.parametrize("option", ["", ".options(selectinload(User.orders))"])
def test_a_list_that_a_task_walks_over(walk: str, is_read: bool, option: str, tmp_path: Path) -> None:
    told = "  # expect" * (is_read and not option)
    code = (
        f"def send(users):\n    {walk}\n"
        f"async def f(db: AsyncSession, tasks: BackgroundTasks):\n    users = (await db.scalars(select(User){option})).all()\n"
        f"    tasks.add_task(send, users){told}\n"
    )
    check_source(project(code), "mapped-object-in-background", tmp_path)


@pytest.mark.parametrize("code", READ)
def test_a_relationship_nobody_has_loaded_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "mapped-object-in-background", tmp_path)


@pytest.mark.parametrize("code", QUIET)
def test_columns_ids_and_loaded_relationships_are_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "mapped-object-in-background", tmp_path)
