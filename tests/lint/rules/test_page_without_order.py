"""`page-without-order`: pages of statements with and without an order, whole and built by conditions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "page-without-order"
HEAD = (
    "from sqlalchemy import select\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
    "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\nclass Base(DeclarativeBase): ...\n"
    "class Order(Base):\n    __tablename__ = 'orders'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    "    name: Mapped[str]\n"
)
FUNCTION = "async def f(db: AsyncSession, skip, name=None, base=None):\n"
TOLD = "  # expect medium"


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("select(Order).offset(skip).limit(10)", True),
        ("select(Order.id, Order.name).limit(10).offset(skip * 10)", True),
        ("select(Order).where(Order.name == name).offset(skip)", True),
        ("select(Order).order_by(Order.id).offset(skip).limit(10)", False),
        ("select(Order).offset(skip).limit(10).order_by(Order.id)", False),
        ("select(Order).limit(10)", False),
        ("select(Order).offset(0)", False),
        ("base.offset(skip).limit(10)", False),
        ("filtered(select(Order)).offset(skip)", False),
        ("text.offset(skip)", False),
    ],
)
def test_statements(statement: str, told: bool, tmp_path: Path) -> None:
    check_source(f"{HEAD}{FUNCTION}    return (await db.scalars({statement})).all(){TOLD * told}\n", RULE, tmp_path)


@pytest.mark.parametrize("order", ["", ".order_by(Order.id)"])
def test_a_query_built_by_conditions(order: str, tmp_path: Path) -> None:
    body = (
        f"    query = select(Order){order}\n    if name:\n        query = query.where(Order.name == name)\n"
        f"    return (await db.scalars(query.offset(skip))).all(){'' if order else TOLD}\n"
    )
    check_source(HEAD + FUNCTION + body, RULE, tmp_path)


def test_a_model_of_another_file(tmp_path: Path) -> None:
    files = {
        "models.py": HEAD,
        "repo.py": (
            "from sqlalchemy import select\nfrom models import Order\n\nclass Orders:\n    def __init__(self, session):\n"
            "        self.session = session\n\n    async def page(self, skip, limit):\n"
            f"        return (await self.session.scalars(select(Order).offset(skip).limit(limit))).all(){TOLD}\n"
        ),
    }
    check_source(files, RULE, tmp_path)
