"""`merge-result-dropped`: the object given to `merge()` is used on, though it is not the one in the session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

START = "async def f(db: AsyncSession, user: User, name):\n"
DROPPED = [
    (
        "async def f(db: AsyncSession, user: User):\n    await db.merge(user)  # expect low\n"
        "    await db.flush()\n    return user\n"
    ),
    (
        "async def f(db: AsyncSession, name):\n    user = User(name=name)\n"
        "    await db.merge(user)  # expect high\n    return user\n"
    ),
    START + "    await db.merge(user)  # expect medium\n    user.name = name\n",
    START + "    await db.merge(user)  # expect medium\n    await db.commit()\n    await db.refresh(user)\n",
    "async def f(db: AsyncSession):\n    user = User(id=1)\n    await db.merge(user)  # expect high\n    user.name = 'x'\n",
    "from sqlalchemy.orm import Session as Sync\ndef f(db: Sync, user):\n    db.merge(user)  # expect medium\n    user.name = 1\n",
]
DROPPED.append(
    START
    + "    if name:\n        await db.merge(user)  # expect medium\n    else:\n        return\n    user.name = name\n"
)
KEPT = [
    "async def f(db: AsyncSession, user: User):\n    user = await db.merge(user)\n    return user\n",
    START + "    user = await db.merge(user)\n    user.name = name\n",
    START + "    own = await db.merge(user)\n    own.name = name\n",
    START + "    await db.merge(user)\n    await db.commit()\n",
    START + "    user.name = name\n    await db.merge(user)\n    await db.commit()\n",
    START + "    db.add(user)\n    await db.merge(user)\n    user.name = name\n",
    "async def f(db: AsyncSession):\n    user = await db.get(User, 1)\n    await db.merge(user)\n    user.name = 'x'\n",
    START + "    await db.merge(user)\n    user = await db.get(User, 1)\n    user.name = name\n",
    # What is set further down is on another way.
    START + "    if name:\n        await db.merge(user)\n        return\n    user.name = name\n",
    "async def f(frame, other, name):\n    frame.merge(other)\n    other.name = name\n",
]

NEW = "async def f(db: AsyncSession, data):\n    user = User(id=1)\n"
DROPPED += [
    NEW + "    _ = await db.merge(user)  # expect high\n    user.name += 'x'\n",
    NEW + "    await db.merge(user)  # expect high\n    for key in data:\n        setattr(user, key, data[key])\n",
    NEW + "    print(user)\n    await db.merge(user)  # expect high\n    user.groups = []\n",
    "async def f(db: AsyncSession):\n    await db.merge(user := User(id=1))  # expect high\n    user.name = 'x'\n",
]
KEPT += [
    # No column; merged again with what is set; maybe added by who was given it.
    NEW + "    await db.merge(user)\n    user.was_merged = True\n",
    NEW + "    await db.merge(user)\n    await db.commit()\n    user.name = 'x'\n    await db.merge(user)\n",
    NEW + "    await data.keep(db, user)\n    await db.merge(user)\n    user.name = 'x'\n",
    "async def f(db: AsyncSession, user: User):\n    if (user := await db.merge(user)):\n        user.name = 'x'\n",
]


@pytest.mark.parametrize("code", DROPPED)
def test_an_object_outside_of_the_session_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "merge-result-dropped", tmp_path)


@pytest.mark.parametrize("code", KEPT)
def test_the_copy_or_the_same_object_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "merge-result-dropped", tmp_path)
