"""`aware-datetime-in-naive-column`: what has a time zone, which columns have none, and what sends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "aware-datetime-in-naive-column"
TOLD = "  # expect high"
HEAD = (
    "from datetime import UTC, datetime, timedelta, timezone\nfrom functools import partial\nimport sqlalchemy as sa\n"
    "from sqlalchemy import DateTime, TypeDecorator, func, insert, select, update\n"
    "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n"
    "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n"
    "engine = create_async_engine('postgresql+{driver}://localhost/x')\n"
    "class Base(DeclarativeBase):\n    {base}\n"
)
MODEL = "class Order(Base):\n    __tablename__ = 'orders'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
PAY = "async def pay(db: AsyncSession, order: Order, zone=None):\n"


def code(column: str = "paid_at: Mapped[datetime | None]", driver: str = "asyncpg", base: str = "pass") -> str:
    return HEAD.format(driver=driver, base=base) + MODEL + f"    {column}\n"


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("paid_at: Mapped[datetime | None]", True),
        ("paid_at: Mapped[datetime] = mapped_column(index=True)", True),
        ("paid_at: Mapped[datetime] = mapped_column(DateTime)", True),
        ("paid_at: Mapped[datetime] = mapped_column('paid', sa.DateTime(timezone=False))", True),
        ("paid_at = sa.Column(sa.TIMESTAMP, nullable=True)", True),
        ("paid_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))", False),
        ("paid_at = sa.Column(sa.TIMESTAMP(True))", False),
        ("paid_at: Mapped[str]", False),
        ("paid_at: Mapped[datetime] = mapped_column(Stamp)", False),
        ("paid_at: Mapped[datetime] = mapped_column(sa.String)", False),
    ],
)
def test_columns(column: str, told: bool, tmp_path: Path) -> None:
    check_source(code(column) + PAY + f"    order.paid_at = datetime.now(UTC){TOLD * told}\n", RULE, tmp_path)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("datetime.now(timezone.utc)", True),
        ("datetime.now(tz=UTC) + timedelta(days=1)", True),
        ("datetime.utcnow().replace(tzinfo=UTC)", True),
        ("datetime.utcnow().astimezone()", True),
        ("datetime.fromtimestamp(1, UTC)", True),
        ("datetime.now(UTC) if order else None", True),
        ("datetime.now()", False),
        ("datetime.now(zone)", False),
        ("datetime.now(None)", False),
        ("datetime.utcnow()", False),
        ("datetime.now(UTC).replace(tzinfo=None)", False),
        ("datetime.now(UTC) - datetime.now(UTC)", False),
        ("func.now()", False),
    ],
)
def test_values(value: str, told: bool, tmp_path: Path) -> None:
    check_source(code() + PAY + f"    order.paid_at = {value}{TOLD * told}\n", RULE, tmp_path)


@pytest.mark.parametrize(
    "use",
    [
        "Order(paid_at=now)",
        "update(Order).where(Order.id == 1).values(paid_at=now)",
        "insert(Order).values({'paid_at': now})",
        "select(Order).where(Order.paid_at < now)",
        "select(Order).where(Order.paid_at.between(now, now))",
    ],
)
def test_what_columns_are_given_and_compared_to(use: str, tmp_path: Path) -> None:
    now = "    now = datetime.now(UTC)\n"
    check_source(code() + PAY + now + f"    await db.execute({use}){TOLD}\n", RULE, tmp_path)
    check_source(code() + PAY + now.replace("UTC", "") + f"    await db.execute({use})\n", RULE, tmp_path)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ("default=lambda: datetime.now(UTC)", True),
        ("default=partial(datetime.now, UTC)", True),
        ("onupdate=lambda: datetime.now(UTC)", True),
        ("DateTime, insert_default=lambda: datetime.now(UTC)", True),
        ("DateTime(True), default=lambda: datetime.now(UTC)", False),
        ("default=datetime.utcnow", False),
        ("default=datetime.now", False),
        ("server_default=func.now()", False),
    ],
)
def test_what_columns_are_made_with(made: str, told: bool, tmp_path: Path) -> None:
    check_source(code(f"made: Mapped[datetime] = mapped_column({made})" + "  # expect medium" * told), RULE, tmp_path)


def test_a_clock_and_a_model_of_other_files(tmp_path: Path) -> None:
    files = {
        "clock.py": "from datetime import datetime, timezone\n\ndef now():\n    return datetime.now(timezone.utc)\n",
        "models.py": code(),
        "pay.py": "from clock import now\nfrom models import Order\n\n"
        + PAY.replace(": AsyncSession", "")
        + f"    order.paid_at = now(){TOLD}\n    await db.commit()\n",
    }
    check_source(files, RULE, tmp_path)


def test_fields_of_sqlmodel(tmp_path: Path) -> None:
    text = HEAD.format(driver="asyncpg", base="pass") + (
        "from sqlmodel import Column, Field, SQLModel\nclass Token(SQLModel, table=True):\n"
        "    id: int | None = Field(default=None, primary_key=True)\n"
        "    made: datetime = Field(default_factory=lambda: datetime.now(UTC))  # expect medium\n"
        "    ends: datetime | None = None\n"
        "    used: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))\n"
        "    seen: datetime = Field(sa_column=Column(DateTime(timezone=True), default=lambda: datetime.now(UTC)))\n"
        "async def f(token: Token):\n"
        f"    token.ends = datetime.now(UTC){TOLD}\n    token.used = datetime.now(UTC)\n"
    )
    check_source(text, RULE, tmp_path)


@pytest.mark.parametrize("driver", ["psycopg", "psycopg_async"])
def test_drivers_that_take_it(driver: str, tmp_path: Path) -> None:
    check_source(code(driver=driver) + PAY + "    order.paid_at = datetime.now(UTC)\n", RULE, tmp_path)


def test_a_base_that_maps_types(tmp_path: Path) -> None:
    base = "type_annotation_map = {datetime: DateTime(timezone=True)}"
    check_source(code(base=base) + PAY + "    order.paid_at = datetime.now(UTC)\n", RULE, tmp_path)


@pytest.mark.parametrize(
    ("bases", "told"),
    [
        ("BigIntAuditBase", False),  # a registry that nobody here can read
        ("TableOfUsers, Base", True),
        ("ABC, Base", True),
        ("TableOfUsers, Mapping", False),
        ("Mapping", False),
        ("declarative_base()", True),
    ],
)
def test_bases_of_other_libraries(bases: str, told: bool, tmp_path: Path) -> None:
    text = (
        HEAD.format(driver="asyncpg", base="pass")
        + "from abc import ABC\nfrom sqlalchemy.orm import declarative_base\n"
        + "from advanced_alchemy.base import BigIntAuditBase\nfrom fastapi_users.db import TableOfUsers\n"
        + "from app.bases import Mapping\n"
        + MODEL.replace("Order(Base)", f"Order({bases})")
        + "    paid_at: Mapped[datetime]\n"
        + PAY
        + f"    order.paid_at = datetime.now(UTC){TOLD * told}\n"
    )
    base = (
        "from datetime import datetime\nfrom sqlalchemy import DateTime\nfrom sqlalchemy.orm import DeclarativeBase\n"
        "class Mapping(DeclarativeBase):\n    type_annotation_map = {datetime: DateTime(timezone=True)}\n"
    )
    check_source({"module.py": text, "app/__init__.py": "", "app/bases.py": base}, RULE, tmp_path)


def test_beside_a_synchronous_engine(tmp_path: Path) -> None:
    text = (
        code()
        + "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import sessionmaker\n"
        + "Sync = sessionmaker(create_engine('postgresql://localhost/x'))\n"
        + "async def blocking(order: Order):\n    with Sync() as s:\n        order.paid_at = datetime.now(UTC)\n        s.commit()\n"
        + "def plain(order: Order):\n    order.paid_at = datetime.now(UTC)\n"
        + PAY
        + "    order.paid_at = datetime.now(UTC)  # expect medium\n    await db.commit()\n"
    )
    check_source(text, RULE, tmp_path)


@pytest.mark.parametrize(
    ("decorator", "told"), [("@staticmethod", True), ("@classmethod", True), ("@property", False), ("@cached", False)]
)
def test_a_clock_whose_method_needs_no_object(decorator: str, told: bool, tmp_path: Path) -> None:
    given = "" if "static" in decorator else "cls"
    clock = (
        "from datetime import UTC, datetime\nclass Clock:\n"
        f"    {decorator}\n    def now({given}):\n        return datetime.now(UTC)\nclock = Clock()\n"
    )
    use = (
        f"from clock import clock\nasync def pay(order: Order):\n    order.paid_at = clock.now(){'  # expect' * told}\n"
    )
    check_source({"clock.py": clock, "module.py": code() + use}, RULE, tmp_path)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("impl = DateTime", True),
        ("impl = DateTime()\n    cache_ok = True", True),
        ("impl = sa.DateTime(timezone=False)\n    def process_result_value(self, value, dialect): return value", True),
        ("impl = DateTime\n    def load_dialect_impl(self, dialect):\n        return self.impl", True),
        ("impl = DateTime(timezone=True)", False),
        ("impl = sa.String", False),
        ("impl = DateTime\n    def process_bind_param(self, value, dialect): return value.replace(tzinfo=None)", False),
        (
            "impl = DateTime\n    def load_dialect_impl(self, dialect):\n        return sa.TIMESTAMP(True) if dialect.x else self.impl",
            False,
        ),
    ],
)
@pytest.mark.parametrize("column", ["mapped_column(Stamp)", "mapped_column(Stamp(), index=True)"])
def test_types_that_wrap_another(body: str, told: bool, column: str, tmp_path: Path) -> None:
    models = HEAD.format(driver="asyncpg", base="pass") + "from types_ import Stamp\n" + MODEL
    use = "from datetime import UTC, datetime\nfrom sqlalchemy.ext.asyncio import AsyncSession\nfrom models import Order\n"
    files = {
        "types_.py": f"import sqlalchemy as sa\nfrom sqlalchemy import DateTime, TypeDecorator\nclass Stamp(TypeDecorator):\n    {body}\n",
        "models.py": f"{models}    paid_at: Mapped[datetime] = {column}\n",
        "pay.py": f"{use}async def pay(db: AsyncSession, order: Order):\n    order.paid_at = datetime.now(UTC){TOLD * told}\n",
    }
    check_source(files, RULE, tmp_path)
