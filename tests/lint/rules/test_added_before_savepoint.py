"""`added-before-savepoint`: what is added where, what lies between, and what the handler lets happen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "added-before-savepoint"
CODE = """\
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from app.models import User

class Users:
    def __init__(self, db: AsyncSession, other: AsyncSession):
        self.db = db
        self.other = other

    async def add(self, names, known):
        for name in names:
            user = User(name=name)
            {before}
            try:
                {within}
                async with self.db.begin_nested():{told}
                    {block}
            except {error}:
                {handler}
        {behind}
"""
PARTS = {
    "before": "self.db.add(user)", "within": "pass", "block": "await self.db.flush()", "error": "IntegrityError",
    "handler": "print(name)", "behind": "await self.db.commit()",
}  # fmt: skip
TOLD = "  # expect medium"


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({}, True),
        ({"before": "self.db.add_all([user])"}, True),
        ({"before": "pass", "within": "self.db.add(user)"}, True),
        ({"block": "pass"}, True),
        ({"error": "SQLAlchemyError as error"}, True),
        ({"handler": "self.db.expunge(user)"}, True),
        ({"handler": "continue"}, True),
        ({"before": "pass", "block": "self.db.add(user)"}, False),
        ({"before": "self.other.add(user)"}, False),
        ({"before": "self.db.add(user); await self.db.flush()"}, False),
        ({"before": "self.db.add(user); await self.look(user)"}, False),
        ({"before": "if known: self.db.add(user)"}, False),
        ({"error": "ValueError"}, False),
        ({"handler": "raise"}, False),
        ({"handler": "await self.db.rollback()"}, False),
        ({"handler": "return None"}, False),
    ],
)
def test_what_stands_before_a_savepoint(parts: dict[str, str], told: bool, tmp_path: Path) -> None:
    code = CODE.format(**(PARTS | parts), told=TOLD * told)
    models = (
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\nclass Base(DeclarativeBase): ...\n"
        "class User(Base):\n    __tablename__ = 'users'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    name: Mapped[str]\n"
    )
    check_source({"app/models.py": models, "app/users.py": code}, RULE, tmp_path)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({}, True),
        ({"behind": "return self.db.query(User).count()"}, True),
        ({"before": "pass", "block": "self.db.add(user)"}, False),
        ({"before": "self.db.add(user); self.db.flush()"}, False),
        ({"before": "self.db.add(user); self.look(user)"}, False),
        ({"handler": "self.db.rollback()"}, False),
        ({"handler": "return None"}, False),
    ],
)
def test_a_plain_session(parts: dict[str, str], told: bool, tmp_path: Path) -> None:
    code = CODE.format(**(PARTS | parts), told=TOLD * told)
    for old, new in (
        ("await ", ""),
        ("async ", ""),
        ("sqlalchemy.ext.asyncio import AsyncSession", "sqlalchemy.orm import Session"),
        ("AsyncSession", "Session"),
    ):
        code = code.replace(old, new)
    models = (
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\nclass Base(DeclarativeBase): ...\n"
        "class User(Base):\n    __tablename__ = 'users'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    name: Mapped[str]\n"
    )
    check_source({"app/models.py": models, "app/users.py": code}, RULE, tmp_path)


def test_outside_of_a_try_the_error_leaves(tmp_path: Path) -> None:
    code = (
        "from sqlalchemy.ext.asyncio import AsyncSession\nasync def f(db: AsyncSession, user):\n    db.add(user)\n"
        "    async with db.begin_nested():\n        await db.flush()\n    try:\n        await db.commit()\n"
        "    except Exception:\n        print(user)\n    await db.commit()\n"
    )
    check_source(code, RULE, tmp_path)
