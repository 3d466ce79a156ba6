"""`lazy-load-in-async` sees a relationship read that nothing loaded, and is silent as soon as anything may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

BAD = [
    """\
async def f(db: AsyncSession):
    user = await db.get(User, 1)
    return user.orders  # expect high
""",
    """\
async def f(db: AsyncSession):
    user = await db.get_one(User, 1)
    return {"orders": len(user.orders)}  # expect high
""",
    """\
async def f(db: AsyncSession):
    result = await db.execute(select(User).where(User.id == 1).options(selectinload(User.groups)))
    user = result.scalars().first()
    for order in user.orders:  # expect high
        print(order)
""",
    """\
async def f(db: AsyncSession):
    query = select(User).order_by(User.name)
    query = query.limit(3)
    users = (await db.scalars(query)).all()
    return [len(user.orders) for user in users]  # expect high
""",
    """\
async def f():
    async with Session() as db:
        for order in (await db.scalars(select(Order))).all():
            print(order.user.name)  # expect high
""",
    """\
async def f(db: AsyncSession):
    order = await db.get(Order, 1)
    return order.user  # expect medium
""",
    """\
async def load(db: AsyncSession, key: int):
    result = await db.execute(select(User).where(User.id == key))
    return result.scalar_one_or_none()
async def f(db: AsyncSession):
    user = await load(db, 1)
    if user is None:
        return 0
    return len(user.orders)  # expect medium
""",
    """\
class Users:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def count(self):
        user = await self.db.scalar(select(User))
        return len(user.orders)  # expect high
""",
]
GOOD = [
    "    user = await db.scalar(select(User).options(selectinload(User.orders)))\n    return user.orders\n",
    (
        "    user = await db.scalar(select(User).options(joinedload(User.groups), joinedload(User.orders)))\n"
        "    return user.orders\n"
    ),
    (
        "    q = select(User).join(User.orders).options(contains_eager(User.orders))\n"
        "    user = (await db.scalars(q)).unique().one()\n    return user.orders\n"
    ),
    "    user = await db.get(User, 1, options=[selectinload(User.orders)])\n    return user.orders\n",
    "    user = await db.get(User, 1, **kwargs)\n    return user.orders\n",
    "    user = await db.scalar(select(User).options(*options))\n    return user.orders\n",
    "    user = await db.scalar(select(User).options(with_orders()))\n    return user.orders\n",
    "    user = await db.scalar(select(User).options(selectinload('*')))\n    return user.orders\n",
    "    user = await db.scalar(eager(select(User)))\n    return user.orders\n",
    "    user = await db.scalar(query)\n    return user.orders\n",
    "    user = await db.get(User, 1)\n    await db.refresh(user, ['orders'])\n    return user.orders\n",
    "    user = await db.get(User, 1)\n    return await user.awaitable_attrs.orders\n",
    "    user = await db.get(User, 1)\n    await db.run_sync(lambda s: user.orders)\n    return user.orders\n",
    "    user = await db.get(User, 1)\n    user.orders = []\n    return user.orders\n",
    "    user = await db.get(User, 1)\n    return user.groups, user.notes, user.visits, user.logins, user.clicks\n",
    "    user = await db.get(User, 1)\n    return user.tags\n",
    "    user = await db.get(User, 1)\n    return user.name, user.age, user.label()\n",
    "    user = User(name='a')\n    return user.orders\n",
    "    user = await db.get(User, 1)\n    return await db.run_sync(lambda s: len(user.orders))\n",
    "    row = (await db.execute(select(User, Order))).first()\n    return row.orders\n",
    "    if lazy:\n        user = await db.get(User, 1)\n    else:\n        user = other()\n    return user.orders\n",
    "    user = await cache.get(User, 1)\n    return user.orders\n",
]


@pytest.mark.parametrize("code", BAD)
def test_a_relationship_nobody_loaded_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "lazy-load-in-async", tmp_path)


@pytest.mark.parametrize("code", GOOD)
def test_whatever_may_have_loaded_it_keeps_the_rule_silent(code: str, tmp_path: Path) -> None:
    start = "async def f(db: AsyncSession, query, options, kwargs, lazy, cache):\n"
    check_source(project(start + code), "lazy-load-in-async", tmp_path)


def test_a_sync_function_may_load_lazily(tmp_path: Path) -> None:
    code = "def f(session):\n    user = session.get(User, 1)\n    return user.orders\n"
    check_source(project(code), "lazy-load-in-async", tmp_path)


def test_a_query_built_by_many_optional_filters_is_followed_through_all_of_them(tmp_path: Path) -> None:
    filters = "".join(f"    if wanted == {n}:\n        query = query.where(User.id == {n})\n" for n in range(30))
    head = "async def f(db: AsyncSession, wanted: int):\n    query = select(User)\n"
    tail = "    user = (await db.scalars(query)).first()\n    return user.orders  # expect high\n"
    check_source(project(head + filters + tail), "lazy-load-in-async", tmp_path)
    check_source(
        project(head + filters + "    query = query.options(selectinload(User.orders))\n" + tail.partition("  #")[0]),
        "lazy-load-in-async",
        tmp_path,
    )
