"""`lazy-load-in-async` follows an object into the functions that it is given to, and on from there; silent where they read a
relationship only sometimes, may have loaded it, or read it of something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

FUNCTIONS = {
    "a function": "def shown(user: User):\n    return [order.id for order in user.orders]\n",
    "without a type": "def shown(user):\n    return [order.id for order in user.orders]\n",
    "a way out without an object": (
        "def shown(user):\n    if user is None:\n        return []\n    return list(one for one in user.orders)\n"
    ),
    "of each key": "def shown(user):\n    out = {}\n    for one in user.orders:\n        out[one.id] = one\n    return out\n",
    "a method called on it": ("def shown(user):\n    print(user.orders.index(3))\n    return user.name\n"),
    "handed on": (
        "def listed(owner):\n    return [one.id for one in owner.orders]\n\n"
        "def shown(user):\n    for _ in user.name.parts:\n        pass\n    return listed(user)\n"
    ),
}
SILENT = {
    "only where it is asked for": (
        "def shown(user, with_orders=False):\n    if with_orders:\n        return [one.id for one in user.orders]\n    return []\n"
    ),
    "behind another way out": (
        "def shown(user, with_orders=False):\n    if not with_orders:\n        return []\n    return [one.id for one in user.orders]\n"
    ),
    "in an attempt": (
        "def shown(user):\n    try:\n        return [one.id for one in user.orders]\n    except MissingGreenlet:\n        return []\n"
    ),
    "asks first": (
        "def shown(user):\n    if 'orders' in inspect(user).unloaded:\n        return []\n    return [one.id for one in user.orders]\n"
    ),
    "of another object": "def shown(user):\n    user = wrapped(user)\n    return [one.id for one in user.orders]\n",
    "of a name like it": "def shown(user):\n    return [user.orders for user in user.groups_of]\n",
    "set, not read": "def shown(user):\n    for one in user.parts:\n        pass\n    user.orders = []\n",
    "a generator": "def shown(user):\n    for one in user.orders:\n        yield one.id\n",
    "wrapped": "@traced\ndef shown(user):\n    return [one.id for one in user.orders]\n",
    "no relationship": "def shown(user):\n    return [one for one in user.name]\n",
}
TAKING = "async def f(db: AsyncSession):\n    user = await db.get(User, 1)\n    return shown(user){mark}\n"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_reads_what_it_is_given(name: str, tmp_path: Path) -> None:
    source = f"{FUNCTIONS[name]}\n{TAKING.format(mark='  # expect medium')}"
    check_source(project(source), "lazy-load-in-async", tmp_path)


@pytest.mark.parametrize("name", SILENT)
def test_what_it_may_not_read_is_not_told(name: str, tmp_path: Path) -> None:
    source = f"{SILENT[name]}\n{TAKING.format(mark='')}"
    check_source(project(source), "lazy-load-in-async", tmp_path)


CLASSES = """\
class Shown:
    def __init__(self, user: User):
        self.numbers = [one.id for one in user.orders]

    @classmethod
    def of(cls, user: User):
        return [one.id for one in user.orders]

    @staticmethod
    def by(user: User, limit):
        return [one.id for one in user.orders][:limit]

    def one(self, user: User):
        return [one.id for one in user.orders]

    async def slowly(self, user: User):
        return [one.id for one in user.orders]

    async def response_of(self, user: User):
        print(await self.address(user.name))
        return [one.id for one in user.orders]

    async def filled_response(self, user: User, db: AsyncSession):
        await db.refresh(user, ["orders"])
        return [one.id for one in user.orders]

    async def address(self, name):
        return name

    def every(self, users: list[User]):
        return [self.one(user) for user in users]

    def walked(self, users):
        for user in users:
            print([one.id for one in user.orders])

class Users:
    def __init__(self, db: AsyncSession):
        self.db = db

    async def by_id(self, key: int) -> User | None:
        return (await self.db.execute(select(User).where(User.id == key))).scalar_one_or_none()

    async def every(self) -> list[User]:
        return list((await self.db.scalars(select(User))).all())

    async def page(self, size: int):
        if not size:
            return [], 0
        users = (await self.db.scalars(select(User).limit(size))).all()
        return users, size

    async def relayed(self):
        return await self.page(3)

    async def total(self):
        return 3, (await self.db.scalars(select(User))).all()

    async def complete(self) -> list[User]:
        return list((await self.db.scalars(select(User).options(selectinload(User.orders)))).all())

"""
CALLS = {
    "a class method": "    user = await users.by_id(1)\n    return Shown.of(user)  # expect medium\n",
    "a static method, by keyword": "    user = await users.by_id(1)\n    return Shown.by(user=user, limit=3)  # expect medium\n",
    "a static method": "    user = await users.by_id(1)\n    return Shown.by(user, 3)  # expect medium\n",
    "an object's method": "    user = await users.by_id(1)\n    return mapper.one(user)  # expect medium\n",
    "its own object": "    user = await users.by_id(1)\n    return Shown(user)  # expect medium\n",
    "each of a list": "    found = await users.every()\n    return [Shown.of(user) for user in found]  # expect medium\n",
    "each in a loop": "    for user in await users.every():\n        print(Shown.of(user))  # expect medium\n",
    "a list": "    found = await users.every()\n    return mapper.every(found)  # expect medium\n",
    "a list walked over": "    found = await users.every()\n    return mapper.walked(found)  # expect medium\n",
    "one of two values": "    found, total = await users.page(3)\n    return mapper.every(found), total  # expect medium\n",
    "of what is passed on": "    found, total = await users.relayed()\n    return mapper.every(found), total  # expect medium\n",
    "the second value": "    total, found = await users.total()\n    return [one.orders for one in found], total  # expect medium\n",
    "the other value": "    found, total = await users.total()\n    return mapper.every(found), total\n",
    "an async converter": "    user = await users.by_id(1)\n    return await mapper.slowly(user)  # expect medium\n",
    "a converter that awaits": "    user = await users.by_id(1)\n    return await mapper.response_of(user)  # expect medium\n",
    "a converter that loads": "    user = await users.by_id(1)\n    return await mapper.filled_response(user, users.db)\n",
    "loaded with the list": "    found = await users.complete()\n    return mapper.every(found)\n",
    "loaded again": (
        '    user = await users.by_id(1)\n    await users.db.refresh(user, ["orders"])\n    return Shown.of(user)\n'
    ),
    "in a thread": "    user = await users.by_id(1)\n    return await users.db.run_sync(lambda _: Shown.of(user))\n",
}


@pytest.mark.parametrize("name", CALLS)
def test_mappers_are_followed(name: str, tmp_path: Path) -> None:
    source = f"{CLASSES}async def f(users: Users, mapper: Shown):\n{CALLS[name]}"
    check_source(project(source), "lazy-load-in-async", tmp_path)


OWNED = "def shown(order):\n    return order.user.name\n\nasync def f(db: AsyncSession, key{more}):\n    order = await db.get(Order, key)\n"


@pytest.mark.parametrize(
    ("more", "mark"),
    [
        ("", "  # expect medium"),
        (", user", ""),  # the session may have it
        (", user_id", ""),
        (", users", ""),
    ],
)
def test_one_object_may_be_in_the_session_already(more: str, mark: str, tmp_path: Path) -> None:
    source = f"{OWNED.format(more=more)}    return shown(order){mark}\n"
    check_source(project(source), "lazy-load-in-async", tmp_path)
