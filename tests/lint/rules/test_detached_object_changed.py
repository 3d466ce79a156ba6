"""`detached-object-changed`: whose block has ended, what commits, and what brings the object along."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "detached-object-changed"
MODELS = """\
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://db/shop"), expire_on_commit=False)
class Base(DeclarativeBase): ...
class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
"""
CODE = """\
from sqlalchemy import select, update
from app.models import Order, Session

async def load(db, number):
    return await db.scalar(select(Order).where(Order.id == number))

async def pay(number, shop):
    async with Session() as db:
        {query}
    {between}
    async with {second}:
        {change}
        {end}
"""
PARTS = {
    "query": "order = await db.get(Order, number)", "between": "await shop.charge(order.id)", "second": "Session() as db",
    "change": "order.state = 'paid'{told}", "end": "await db.commit()",
}  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({}, True),
        ({"query": "order = (await db.execute(select(Order))).scalar_one()"}, True),
        ({"second": "Session() as other", "end": "await other.commit()"}, True),
        ({"second": "Session.begin() as db", "end": "print(number)"}, True),
        ({"second": "Session() as db, db.begin()", "end": "print(number)"}, True),
        ({"change": "order.state += 'paid'{told}"}, True),
        (
            {
                "query": "orders = (await db.scalars(select(Order))).all()",
                "between": "await shop.charge(number)",
                "change": "for order in orders: order.state = 'paid'{told}",
            },
            True,
        ),
        ({"end": "print(number)"}, False),
        ({"change": "order.shown = 'paid'"}, False),
        ({"change": "order.state = 'paid'; db.add(order)"}, False),
        ({"change": "order = await db.merge(order); order.state = 'paid'"}, False),
        ({"change": "order = await db.get(Order, number); order.state = 'paid'"}, False),
        ({"change": "db.add(order); order.state = 'paid'"}, False),
        ({"change": "await shop.keep(db, order); order.state = 'paid'"}, False),
        ({"change": "await db.execute(update(Order).where(Order.id == number)); order.state = 'paid'"}, False),
        ({"change": "kept = await db.get(Order, number); kept.state = order.state = 'paid'"}, False),
        ({"second": "shop.lock() as lock", "end": "await lock.commit()"}, False),
    ],
)
def test_an_object_of_a_block_that_has_ended(parts: dict[str, str], told: bool, tmp_path: Path) -> None:
    parts = PARTS | parts
    change = parts["change"].format(told="  # expect medium" * told)
    code = CODE.format(**(parts | {"change": change}))
    check_source({"app/models.py": MODELS, "app/pay.py": code}, RULE, tmp_path)


def test_a_change_in_the_block_of_its_session(tmp_path: Path) -> None:
    code = (
        "from app.models import Order, Session\n\nasync def pay(number):\n    async with Session() as db:\n"
        "        order = await db.get(Order, number)\n        async with Session() as other:\n"
        "            order.state = 'paid'\n            await other.commit()\n        await db.commit()\n"
    )
    check_source({"app/models.py": MODELS, "app/pay.py": code}, RULE, tmp_path)
