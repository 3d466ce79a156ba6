"""`transaction-used-as-session` tells what `session.begin()` binds from what the factory's and the engine's bind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

BAD = [
    "async def f(db: AsyncSession, user):\n    async with db.begin() as db:\n        db.add(user)  # expect high\n",
    "async def f(user):\n    async with Session() as s, s.begin() as unit:\n        await unit.execute(user)  # expect high\n",
    "async def f(db: AsyncSession, user):\n    unit = await db.begin_nested()\n    unit.add(user)  # expect high\n",
    "async def f():\n    async with engine.connect() as c, c.begin() as t:\n        await t.scalar(text('x'))  # expect high\n",
]
GOOD = [
    "async def f(user):\n    async with Session.begin() as db:\n        db.add(user)\n",
    "async def f(db: AsyncSession, user):\n    async with db.begin() as unit:\n        db.add(user)\n        await unit.commit()\n",
    "async def f():\n    async with engine.begin() as c:\n        await c.execute(text('x'))\n",
    "async def f(box, user):\n    async with box.begin() as unit:\n        unit.add(user)\n",
    "async def f(db: AsyncSession, user, x):\n    async with db.begin() as unit:\n        unit = x or unit\n        unit.add(user)\n",
]


@pytest.mark.parametrize("code", BAD)
def test_a_transaction_is_no_session(code: str, tmp_path: Path) -> None:
    check_source(project(code), "transaction-used-as-session", tmp_path)


@pytest.mark.parametrize("code", GOOD)
def test_what_is_a_session_is_left_alone(code: str, tmp_path: Path) -> None:
    check_source(project(code), "transaction-used-as-session", tmp_path)


FIXTURE = """\
import pytest
from sqlalchemy.ext.asyncio import AsyncSession
{given}
@pytest.fixture
async def orders(db_session: AsyncSession, order):
    async with db_session.begin() as session:
        session.add(order)  # expect {sure}
"""
KEPT = """\
class Database:
    def __init__(self):
        self.session: AsyncSession | None = None
    def connect(self, engine):
        self.session = {made}
@pytest.fixture
def database() -> Database:
    return Database()
@pytest.fixture
def db_session(database: Database):
    return database.session
"""


@pytest.mark.parametrize(
    ("given", "sure"),
    [
        (KEPT.format(made="sessionmaker(bind=engine, class_=AsyncSession)"), "low"),
        (KEPT.format(made="AsyncSession(engine)"), "high"),
        ("@pytest.fixture\ndef db_session(server):\n    return server.session", "low"),
        ("@pytest.fixture\nasync def db_session(engine):\n    async with AsyncSession(engine) as db: yield db", "high"),
        ("", "high"),
    ],
)
def test_what_a_fixture_gives_counts_and_not_what_the_test_says_of_it(given: str, sure: str, tmp_path: Path) -> None:
    code = "from sqlalchemy.orm import sessionmaker\n" + FIXTURE.format(given=given, sure=sure)
    check_source(project(code), "transaction-used-as-session", tmp_path)
