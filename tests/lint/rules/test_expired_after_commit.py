"""`expired-after-commit` sees reads of expired attributes where the factory is proven to leave the option on."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Confidence
from tests.support.lint_cases import check_source
from tests.support.lint_models import project

BAD = [
    """\
async def f():
    async with Session() as db:
        user = User(name="a")
        db.add(user)
        await db.commit()
        return user.id  # expect high
""",
    """\
@router.post("/users")
async def f(name: str, db: AsyncSession = Depends(get_db)):
    user = await db.get(User, 1)
    user.name = name
    try:
        await db.commit()
    except IntegrityError:
        await db.rollback()
        raise
    print(user.name)  # expect high
""",
    """\
Db = Annotated[AsyncSession, Depends(get_db)]
async def f(db: Db):
    user = (await db.execute(select(User))).scalar_one()
    await db.commit()
    return {"age": user.age}  # expect high
""",
    """\
async def f(db: AsyncSession):
    user = await db.scalar(select(User))
    await db.commit()
    return user.orders  # expect medium
""",
    """\
class UserOut(BaseModel):
    id: int
@router.post("/users", response_model=UserOut)
async def f(db: AsyncSession = Depends(get_db)):
    user = User()
    db.add(user)
    await db.commit()
    return user  # expect high
""",
]
TWO_SESSIONS = """\
async def f():
    async with Session() as db:
        users = (await db.scalars(select(User))).all()
    async with Session() as {name}:
        for user in users:
            try:
                await {name}.execute(update(Order))
            except IntegrityError:
                await {name}.rollback()
                print(user.name)
"""
GOOD = [
    "    await db.refresh(user)\n    return user.id\n",
    "    user = await db.get(User, 1)\n    return user.id\n",
    "    user = (await db.execute(select(User))).scalar_one()\n    return user.id\n",
    "    return user\n",
    "    user.name = 'b'\n",
    "    return other.id\n",
    "    await reload(user)\n    return user.id\n",
    "    return await user.awaitable_attrs.name\n",
    "    return lambda: user.id\n",
]
START = """\
async def f(db: Annotated[AsyncSession, Depends(get_db)], other: User):
    user = User()
    db.add(user)
    await db.commit()
"""


@pytest.mark.parametrize("code", BAD)
def test_a_read_of_an_expired_attribute_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "expired-after-commit", tmp_path)


@pytest.mark.parametrize("code", [code.replace("# expect high", "").replace("# expect medium", "") for code in BAD])
def test_nothing_expires_where_the_factory_turns_it_off(code: str, tmp_path: Path) -> None:
    check_source(project(code, options=", expire_on_commit=False"), "expired-after-commit", tmp_path)


@pytest.mark.parametrize(
    ("taken", "mark"),
    [
        ("db.expunge(user)", ""),
        ("db.expunge_all()", ""),
        ("make_transient(user)", ""),
        ("db.expunge(other)", "  # expect medium"),
    ],
)
def test_what_has_left_the_session_is_not_expired(taken: str, mark: str, tmp_path: Path) -> None:
    code = (
        f"async def f(db: AsyncSession, other: User):\n    user = await db.get(User, 1)\n    {taken}\n"
        f"    await db.commit()\n    return user.id{mark}\n"
    )
    check_source(project(code), "expired-after-commit", tmp_path)


@pytest.mark.parametrize(
    ("deleting", "mark"),
    [
        ("    await db.delete(user)\n    await db.commit()\n", ""),
        ("    await db.delete(instance=user)\n    await db.flush()\n    await db.commit()\n", ""),
        ("    await Users(db).delete(user)\n    await db.commit()\n", ""),
        ("    async with db.begin():\n        await db.delete(user)\n", ""),
        ("    await db.delete(other)\n    await db.commit()\n", "  # expect medium"),
        ("    if other:\n        await db.delete(user)\n    await db.commit()\n", "  # expect medium"),
        ("    await db.delete(user)\n    await db.rollback()\n", "  # expect high"),
    ],
)
def test_what_is_deleted_keeps_its_values_through_the_commit(deleting: str, mark: str, tmp_path: Path) -> None:
    code = f"async def f(db: AsyncSession, other: User):\n    user = await db.get(User, 1)\n{deleting}    return user.id{mark}\n"
    users = (
        "class Users:\n    def __init__(self, db: AsyncSession):\n        self.db = db\n"
        "    async def delete(self, one: User):\n        await self.db.delete(one)\n"
    )
    check_source(project(users + code), "expired-after-commit", tmp_path)


@pytest.mark.parametrize(("gone", "mark"), [("    await db.delete(user)\n", ""), ("", "  # expect medium")])
def test_what_a_function_deletes_and_gives_back_has_its_values(gone: str, mark: str, tmp_path: Path) -> None:
    code = (
        f"async def dropped(db: AsyncSession):\n    user = await db.get(User, 1)\n{gone}    await db.commit()\n    return user\n"
        f"async def f(db: AsyncSession):\n    user = await dropped(db)\n    return user.id{mark}\n"
    )
    check_source(project(code), "expired-after-commit", tmp_path)


@pytest.mark.parametrize("code", GOOD)
def test_what_fills_or_does_not_read_the_object_is_silent(code: str, tmp_path: Path) -> None:
    check_source(project(START + code), "expired-after-commit", tmp_path)


def test_a_commit_on_another_way_or_session_expires_nothing(tmp_path: Path) -> None:
    code = """\
async def f(db: AsyncSession, log: AsyncSession, save: bool):
    user = await db.get(User, 1)
    if save:
        await db.commit()
        return None
    await log.commit()
    return user.id
"""
    check_source(project(code), "expired-after-commit", tmp_path)


def test_without_a_factory_in_sight_nothing_is_said(tmp_path: Path) -> None:
    files = project(START + "    return user.id\n")
    del files["app/db.py"]
    check_source(files, "expired-after-commit", tmp_path)


HOUSES = """\
from datetime import datetime
from typing import Annotated
from sqlalchemy import func, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
Stamp = Annotated[datetime, mapped_column(onupdate=func.now())]
class Base(DeclarativeBase): ...
class House(Base):
    __tablename__ = "houses"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(onupdate=func.now())
    stamped_at: Mapped[Stamp]
    touched_at: Mapped[datetime] = mapped_column(onupdate=datetime.utcnow)
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    def title(self):
        return self.name
    def as_dict(self):
        return {"name": self.name, "changed_at": self.changed_at}
    def __str__(self):
        return self.name
class Barn(Base):
    __tablename__ = "barns"
    __mapper_args__ = {"eager_defaults": True}
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(onupdate=func.now())
"""
HOUSES_HEAD = """\
import logging
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from models import Barn, House
log = logging.getLogger(__name__)
Session = async_sessionmaker(expire_on_commit=False)
class HouseOut(BaseModel):
    name: str
    changed_at: str
async def load(db: AsyncSession, key: int):
    return await db.get(House, key)
async def claim(db: AsyncSession, house=None):
    if house is not None:
        return True
    await db.rollback()
    return False
async def save(db: AsyncSession):
    try:
        await db.commit()
    except IntegrityError:
        await db.rollback()
        raise
async def keep(db: AsyncSession):
    try:
        await db.flush()
    except IntegrityError:
        await db.rollback()
def as_json(house: House) -> dict:
    return {"name": house.name, "changed_at": house.changed_at}
def named(house) -> str:
    house.comment = "seen"
    return "a house"
async def f(db: AsyncSession, other: AsyncSession, key: int, data):
"""
HOUSE = "    house = await db.get(House, key)\n"
FAILED = "    try:\n        await db.commit()\n    except IntegrityError:\n        await db.rollback()\n"
ROWS = (
    HOUSE
    + "    for row in data:\n        try:\n            db.add(House(name=house.name))  # expect medium\n"
    + "            await db.commit()\n        except IntegrityError:\n"
)
CHANGED = HOUSE + "    house.name = 'b'\n    await db.commit()\n"
STAMPED = HOUSE + "    house.name = 'b'\n    house.changed_at = VALUE\n    await db.flush()\n"


@pytest.mark.parametrize(
    "code",
    [
        # A rollback empties what was loaded.
        HOUSE + FAILED + "        log.warning('%s', house.name)  # expect high\n",
        HOUSE + FAILED + "        log.warning('%s', house)  # expect high\n",
        HOUSE + FAILED + "        raise ValueError(house.title())  # expect high\n",
        HOUSE + "    await db.rollback()\n    return house.name  # expect high\n",
        HOUSE + "    await db.rollback()\n    return HouseOut.model_validate(house)  # expect high\n",
        "    house = await load(db, key)\n    await db.rollback()\n    return house.name  # expect medium\n",
        # In a function that is given the session, or the object.
        HOUSE + "    await claim(db)\n    log.info(house.name)  # expect medium\n",
        HOUSE + "    await keep(db)\n    log.info(house.name)  # expect low\n",
        HOUSE + "    await save(db)\n    log.info(house.name)\n",
        HOUSE + "    await claim(other)\n    log.info(house.name)\n",
        HOUSE + "    await claim(db, house)\n    log.info(house.name)\n",
        HOUSE + "    await db.rollback()\n    return as_json(house)  # expect high\n",
        HOUSE + "    await db.rollback()\n    return as_json(house=house)  # expect high\n",
        HOUSE + "    await db.rollback()\n    return named(house)\n",
        CHANGED + "    return as_json(house)  # expect high\n",
        CHANGED + "    print(named(house))\n    return house.changed_at  # expect high\n",
        # A loop that goes on after the row that fails.
        ROWS + "            await db.rollback()\n",
        ROWS + "            await db.rollback()\n            continue\n",
        ROWS.replace("  # expect medium", "") + "            await db.rollback()\n            raise\n",
        ROWS.replace("  # expect medium", "") + "            await db.rollback()\n            await db.refresh(house)\n",
        # It leaves alone: other sessions' objects, what was only added, what was committed, what was read before.
        "    house = await load(other, key)\n    await db.rollback()\n    return house.name\n",
        HOUSE + "    await other.rollback()\n    return house.name\n",
        "    house = House(name='a')\n    db.add(house)\n    await db.flush()\n    await db.rollback()\n    return house.name\n",
        HOUSE + "    await db.commit()\n    await db.rollback()\n    return house.name\n",
        HOUSE + "    name = house.name\n    await db.rollback()\n    return name\n",
        HOUSE + "    await db.rollback()\n    await db.refresh(house)\n    return house.name\n",
        HOUSE + "    await db.rollback()\n    return house\n",
        # An UPDATE forgets what the database sets.
        CHANGED + "    return house.changed_at  # expect high\n",
        CHANGED.replace("commit", "flush") + "    return house.changed_at  # expect high\n",
        CHANGED + "    return house.stamped_at  # expect high\n",
        CHANGED + "    return house.as_dict()  # expect high\n",
        CHANGED + "    return HouseOut.model_validate(house)  # expect high\n",
        HOUSE + "    if data:\n        house.name = data\n    await db.commit()\n    return house.changed_at  # expect medium\n",
        HOUSE + "    for key, value in data.items():\n        setattr(house, key, value)\n    await db.commit()\n"
        + "    return house.changed_at  # expect medium\n",
        # It keeps the rest, and what the model fetches with it.
        CHANGED + "    return house.name, house.touched_at, house.made_at, house.title()\n",
        CHANGED + "    await db.refresh(house)\n    return house.changed_at\n",
        CHANGED.replace("House", "Barn") + "    return house.changed_at\n",
        HOUSE + "    await db.commit()\n    return house.changed_at\n",
        HOUSE + "    house.comment = 'b'\n    await db.commit()\n    return house.changed_at\n",
        # What is sent with the UPDATE is known; of an expression of SQL nobody knows what comes of it.
        STAMPED.replace("VALUE", "data") + "    return house.changed_at\n",
        STAMPED.replace("VALUE", "data") + "    return house.stamped_at  # expect high\n",
        STAMPED.replace("VALUE", "func.now()") + "    return house.changed_at  # expect high\n",
        HOUSE + "    setattr(house, 'name', 'b')\n    setattr(house, 'changed_at', data)\n    await db.flush()\n"
        + "    return house.changed_at\n",
        # A flush that finds nothing of it to save.
        CHANGED + "    await db.flush()\n    return house.changed_at  # expect high\n",
        CHANGED + "    await db.refresh(house)\n    data.name = 'c'\n    await db.flush()\n    return house.changed_at\n",
        CHANGED + "    await db.refresh(data)\n    await other.flush()\n    return house.changed_at\n",
        STAMPED.replace("VALUE", "data") + "    house.name = 'c'\n    await db.flush()\n    return house.changed_at  # expect high\n",
    ],
)  # fmt: skip
def test_a_rollback_and_an_update_expire_whatever_the_factory_says(code: str, tmp_path: Path) -> None:
    files = {"pyproject.toml": "", "models.py": HOUSES, "app.py": HOUSES_HEAD + code}
    check_source(files, "expired-after-commit", tmp_path)


@pytest.mark.parametrize(
    ("opener", "error"),
    [("Session.begin() as db", "DetachedInstanceError"), ("Session() as db, db.begin()", "MissingGreenlet")],
)
def test_the_end_of_a_begin_block_commits(opener: str, error: str, tmp_path: Path) -> None:
    code = HOUSES_HEAD.replace("expire_on_commit=False", "").replace("db: AsyncSession, other", "other")
    code += f"    async with {opener}:\n        house = await db.get(House, key)\n        print(house.name)\n"
    code += "    return house.name  # expect high\n"
    files = {"pyproject.toml": "", "models.py": HOUSES, "app.py": code}
    (found,) = check_source(files, "expired-after-commit", tmp_path)
    assert error in found.message


def test_a_method_reads_columns_as_well(tmp_path: Path) -> None:
    check_source(project(START + "    return user.label()  # expect high\n"), "expired-after-commit", tmp_path)


GIVING = """\
from sqlalchemy.ext.asyncio import AsyncSession
from app.db import Session
from app.models import User
async def register(name: str):
    async with Session() as db:
        user = User(name=name)
        db.add(user)
        await db.commit()
        return user
async def enter(name: str):
    async with Session.begin() as db:
        user = User(name=name)
        db.add(user)
        return user
async def rename(db: AsyncSession, key: int):
    user = await db.get(User, key)
    user.name = "b"
    await db.commit()
    return user
async def refreshed(name: str):
    async with Session() as db:
        user = User(name=name)
        db.add(user)
        await db.commit()
        await db.refresh(user)
        return user
async def load(key: int):
    async with Session() as db:
        return await db.get(User, key)
"""


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("register('a')", "DetachedInstanceError"),
        ("enter('a')", "DetachedInstanceError"),
        ("rename(db, 1)", "MissingGreenlet"),
        ("refreshed('a')", ""),
        ("load(1)", ""),
    ],
)
def test_an_object_that_leaves_its_session_expired_is_followed(call: str, error: str, tmp_path: Path) -> None:
    name = call.partition("(")[0]
    expect = "  # expect medium" if error else ""
    code = f"from app.store import {name}\nasync def f(db):\n    user = await {call}\n    return user.name{expect}\n"
    files = {**project(""), "app/store.py": GIVING, "app/code.py": code}
    for found in check_source(files, "expired-after-commit", tmp_path):
        assert error in found.message
    files = {**project("", options=", expire_on_commit=False"), "app/store.py": GIVING}
    check_source({**files, "app/code.py": code.replace(expect, "")}, "expired-after-commit", tmp_path)


def test_what_a_dependency_has_loaded_belongs_to_the_session_it_shares(tmp_path: Path) -> None:
    code = """\
async def current_user(db: AsyncSession = Depends(get_db)):
    return (await db.scalars(select(User))).first()
@router.post("/orders")
async def order(db: AsyncSession = Depends(get_db), user: User = Depends(current_user)):
    db.add(Order())
    await db.commit()
    return {"name": user.name}  # expect medium
@router.post("/others")
async def other(db: AsyncSession = Depends(current_user), user: User = Depends(current_user)):
    await db.commit()
    return {"name": user.name}
"""
    check_source(project(code), "expired-after-commit", tmp_path)
    silent = project(code.replace("# expect medium", ""), options=", expire_on_commit=False")
    check_source(silent, "expired-after-commit", tmp_path)


def test_a_dependency_may_give_its_object_away_expired(tmp_path: Path) -> None:
    code = """\
async def current_user():
    async with Session() as db:
        user = (await db.scalars(select(User))).first()
        user.age = 3
        await db.commit()
        return user
async def admin(user: User = Depends(current_user)):
    return user.name == "root"  # expect medium
"""
    (found,) = check_source(project(code), "expired-after-commit", tmp_path)
    assert "DetachedInstanceError" in found.message
    silent = project(code.replace("# expect medium", ""), options=", expire_on_commit=False")
    check_source(silent, "expired-after-commit", tmp_path)


MOVING = """\
class Houses:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def rename(self, key: int) -> House:
        house = await self.db.get(House, key)
        house.name = "b"
        await self.db.flush()
        return house
    async def renamed(self, key: int) -> House:
        house = await self.db.get(House, key)
        house.name = "b"
        await self.db.flush()
        await self.db.refresh(house)
        return house
    async def stamped(self, key: int, now) -> House:
        house = await self.db.get(House, key)
        house.name = "b"
        house.changed_at = now
        await self.db.flush()
        return house
    async def made(self) -> House:
        house = House(name="a")
        self.db.add(house)
        await self.db.flush()
        return house
async def g(houses: Houses):
    house = await houses.{call}
    return {read}
"""


@pytest.mark.parametrize(
    ("call", "read", "told"),
    [
        ("rename(1)", "house.changed_at", True),
        ("rename(1)", "HouseOut.model_validate(house)", True),
        ("rename(1)", "as_json(house)", True),
        ("rename(1)", "house.name", False),
        ("renamed(1)", "house.changed_at", False),
        ("stamped(1, None)", "as_json(house)", False),
        ("stamped(1, None)", "house.stamped_at", True),
        ("made()", "house.changed_at", False),
    ],
)
def test_what_an_update_sets_is_lost_for_who_is_given_the_object(
    call: str, read: str, told: bool, tmp_path: Path
) -> None:
    head = HOUSES_HEAD.partition("async def f(")[0]
    code = head + MOVING.replace("{call}", call).replace("{read}", read + ("  # expect medium" if told else ""))
    check_source({"pyproject.toml": "", "models.py": HOUSES, "app.py": code}, "expired-after-commit", tmp_path)


OR_MADE = (
    ("        user = User(name='a')\n        db.add(user)\n    else:\n        user.name = 'b'\n", True),
    ("        user = User()\n        db.add(user)\n    user.name = 'b'\n", True),
    ("        user = User()\n        db.add(user)\n        user.name = 'b'\n", False),
    ("        user = User()\n        db.add(user)\n", False),
    ("        user = other\n    user.name = 'b'\n", False),
)


@pytest.mark.parametrize(("branch", "is_lost"), OR_MADE)
def test_what_was_found_may_have_been_made_instead(branch: str, is_lost: bool, tmp_path: Path) -> None:
    code = (
        "async def f(db: AsyncSession, other):\n    user = await db.scalar(select(User))\n    if user is None:\n"
        f"{branch}    await db.flush()\n    return user.changed{'  # expect medium' if is_lost else ''}\n"
    )
    files = project(code)
    files["app/models.py"] = files["app/models.py"].replace(
        "    name: Mapped[str]\n",
        "    name: Mapped[str]\n    changed: Mapped[int] = mapped_column(onupdate=func.now())\n",
        1,
    )
    check_source(files, "expired-after-commit", tmp_path)


GIVEN = """\
class Houses:
    def __init__(self, db: AsyncSession):
        self.db = db

"""
OF_PARAMETERS = [
    (
        "async def f(db: AsyncSession, house: House):\n    house.name = 'x'\n    await db.commit()\n"
        "    return house.changed_at  # expect medium\n"
    ),
    (
        GIVEN + "    async def rename(self, house: House):\n        house.name = 'x'\n        self.db.add(house)\n"
        "        await self.db.flush()\n        return {'at': house.changed_at}  # expect medium\n"
    ),
    "async def f(db: AsyncSession, house: House):\n    await db.commit()\n    return house.changed_at\n",
    "async def f(db: AsyncSession, house: House):\n    house.name = 'x'\n    await db.commit()\n    return house.name\n",
    (
        "async def f(db: AsyncSession, house: House):\n    house.name = 'x'\n    await db.commit()\n    await db.refresh(house)\n"
        "    return house.changed_at\n"
    ),
    "async def f(db: AsyncSession, barn: Barn):\n    barn.name = 'x'\n    await db.commit()\n    return barn.changed_at\n",
    "async def f(db: AsyncSession, house: House):\n    db.expire(house, ['name'])\n    return house.name  # expect medium\n",
    "async def f(db: AsyncSession):\n    house = await db.get(House, 1)\n    db.expire(house)\n    return house.name  # expect high\n",
    "async def f(db: AsyncSession, house: House):\n    db.expire(house, ['name'])\n    return house.id\n",
    "async def f(db: AsyncSession, house: House, other: House):\n    db.expire(house)\n    return other.name\n",
    "async def f(db: AsyncSession, house: House):\n    db.expire(house)\n    await db.refresh(house)\n    return house.name\n",
]


@pytest.mark.parametrize("code", OF_PARAMETERS)
def test_an_object_that_was_given_is_emptied_too(code: str, tmp_path: Path) -> None:
    check_source({"models.py": HOUSES, "code.py": HOUSES_HEAD + code}, "expired-after-commit", tmp_path)


UPSERT = (
    "async def upsert(db: AsyncSession, row: User) -> User:\n"
    "    known = await db.scalar(select(User).where(User.name == row.name))\n"
    "    if known is not None:\n        return known\n    db.add(row)\n    return {other}\n"
    "async def f(db: AsyncSession = Depends(get_db)):\n    user = await upsert(db, User(name='a'))\n"
    "    await db.commit()\n    return user.name{mark}\n"
)


@pytest.mark.parametrize(
    ("other", "mark"), [("row", "  # expect medium"), ("User(name='b')", ""), ("None", "  # expect medium"), ("db", "")]
)
def test_found_or_made_by_another_function(other: str, mark: str, tmp_path: Path) -> None:
    """What it found is lost in any case; of what else it may give nothing is known but the model."""
    check_source(project(UPSERT.format(other=other, mark=mark)), "expired-after-commit", tmp_path)


OWN = (
    "class Users:\n    def __init__(self, db: AsyncSession):\n        self.db = db\n"
    "    async def undo(self):\n        {ends}\n"
    "    async def rename(self, name):\n        user = await self.db.get(User, 1)\n        user.name = name\n"
    "        try:\n            await self.db.flush()\n        except IntegrityError:\n            await self.undo()\n"
    "            return user.age{mark}\n        return 0\n"
)


@pytest.mark.parametrize(
    ("ends", "mark"),
    [
        ("await self.db.rollback()", "  # expect medium"),
        ("await self.db.commit()", "  # expect medium"),
        ("await self.db.flush()", ""),
        ("await other.rollback()", ""),
        ("await self.db.rollback()\n        raise KeyError(1)", ""),
    ],
)
def test_a_method_of_the_same_object_ends_it(ends: str, mark: str, tmp_path: Path) -> None:
    check_source(project(OWN.format(ends=ends, mark=mark)), "expired-after-commit", tmp_path)


GIVEN = """\
async def load():
    async with Session() as db, db.begin():
        user = (await db.execute(select(User))).scalar_one()
        {let_go}
    return user
async def f():
    user = await load()
    return user.name{mark}
"""


@pytest.mark.parametrize(
    ("let_go", "mark"),
    [
        ("db.expunge(user)", ""),
        ("db.expunge_all()", ""),
        ("make_transient(user)", ""),
        ("if user:\n            db.expunge(user)", ""),
        ("db.expunge(other)", "  # expect medium"),
        ("pass", "  # expect medium"),
    ],
)
def test_a_commit_empties_nothing_that_the_session_has_let_go(let_go: str, mark: str, tmp_path: Path) -> None:
    check_source(project(GIVEN.format(let_go=let_go, mark=mark)), "expired-after-commit", tmp_path)


@pytest.mark.parametrize(("let_go", "mark"), [("db.expunge(user)", ""), ("db.expunge(other)", "  # expect high")])
def test_an_object_let_go_before_the_commit_keeps_its_values(let_go: str, mark: str, tmp_path: Path) -> None:
    code = (
        "async def f(db: Annotated[AsyncSession, Depends(get_db)], other: User):\n    user = await db.get(User, 1)\n"
        f"    {let_go}\n    await db.commit()\n    return user.name{mark}\n"
    )
    check_source(project(code), "expired-after-commit", tmp_path)


CLAIMED = """\
async def claim(db: AsyncSession, key: int):
    {ends}
async def f(db: Annotated[AsyncSession, Depends(get_db)]):
    user = await db.get(User, 1)
    if not await claim(db, user.age):
        return None
    return user.name{mark}
"""


@pytest.mark.parametrize(
    ("ends", "mark"),
    [
        ("if key > 3:\n        await db.rollback()\n        return False\n    return True", ""),
        ("try:\n        await db.flush()\n    except ValueError:\n        await db.rollback()\n    return True", ""),
        ("await db.rollback()\n    return True", "  # expect medium"),
    ],
)
def test_a_function_that_may_roll_back_empties_nothing_for_sure(ends: str, mark: str, tmp_path: Path) -> None:
    code = CLAIMED.format(ends=ends, mark=mark)
    check_source(
        project(code, options=", expire_on_commit=False"), "expired-after-commit", tmp_path, least=Confidence.MEDIUM
    )


RETURNED = """\
class UserOut(BaseModel):
    id: int
    name: str
async def register(db: AsyncSession, name: str) -> User:
    user = User(name=name)
    db.add(user)
    await db.commit()
    {refresh}
    return user
@router.post("/users"{model})
async def f(name: str, db: AsyncSession = Depends(get_db)):
    return await register(db, name){mark}
"""


@pytest.mark.parametrize(
    ("refresh", "model", "mark"),
    [
        ("", ", response_model=UserOut", "  # expect medium"),
        ("await db.refresh(user)", ", response_model=UserOut", ""),
        ("", "", ""),
    ],
)
def test_a_route_may_return_what_it_is_given_expired(refresh: str, model: str, mark: str, tmp_path: Path) -> None:
    code = RETURNED.format(refresh=refresh, model=model, mark=mark)
    check_source(project(code), "expired-after-commit", tmp_path)
    check_source(
        project(code.replace("  # expect medium", ""), options=", expire_on_commit=False"),
        "expired-after-commit",
        tmp_path / "kept",
    )


@pytest.mark.parametrize("name", ["db", "other"])
def test_the_rollback_of_another_session_of_that_name_expires_nothing(name: str, tmp_path: Path) -> None:
    check_source(project(TWO_SESSIONS.format(name=name)), "expired-after-commit", tmp_path)


def test_the_rollback_of_the_session_that_loaded_it_expires_it(tmp_path: Path) -> None:
    code = TWO_SESSIONS.format(name="db").replace("    async with Session() as db:\n        for", "    for")
    code = code.replace("    async with Session() as db:\n        users", "    db = Session()\n    users")
    code = code.replace("user.name)", "user.name)  # expect").replace("\n    ", "\n  ").replace("    for", "  for")
    check_source(project(code), "expired-after-commit", tmp_path)


HANDED = """\
def let_go(session, *rows):
    {does}
async def f(other: User):
    async with Session() as db:
        user = (await db.execute(select(User))).scalar_one()
        let_go({given})
        await db.rollback()
    return user.name{mark}
"""


@pytest.mark.parametrize(
    ("does", "given", "is_read"),
    [
        ("session.expunge_all()", "db", False),
        ("session.expunge_all()", "session=db", False),
        ("make_transient(rows[0])", "None, user", False),
        ("session.expunge(rows[0])", "None, other", True),
        ("session.add_all(rows)", "db, other", True),
    ],
)
def test_a_function_may_let_the_objects_go(does: str, given: str, is_read: bool, tmp_path: Path) -> None:
    code = HANDED.format(does=does, given=given, mark="  # expect high" if is_read else "")
    check_source(project(code), "expired-after-commit", tmp_path)


SAVING = """\
from app.db import AsyncSession
from app.models import User
async def make(session: AsyncSession):
    user = User()
    session.add(user)
    await session.commit()
    return user
class Users:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def make(self):
        user = User()
        self.session.add(user)
        await self.session.commit()
        return user
"""
CALLS = ("await make(s)", "await make(session=s)", "await Users(s).make()", "await users.make()")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("opened", "mark"),
    [
        ("AsyncSession(engine)", "  # expect medium"),
        ("AsyncSession(engine, expire_on_commit=False)", ""),
        ("Session()", ""),
    ],
)
def test_the_session_that_the_taker_hands_over_tells(call: str, opened: str, mark: str, tmp_path: Path) -> None:
    """Beside a factory that turns it off."""
    code = (
        f"from app.saving import Users, make\nasync def f():\n    async with {opened} as s:\n        users = Users(s)\n"
        f"        user = {call}\n        return user.name{mark}\n"
    )
    files = {**project(code, options=", expire_on_commit=False"), "app/saving.py": SAVING}
    check_source(files, "expired-after-commit", tmp_path)
