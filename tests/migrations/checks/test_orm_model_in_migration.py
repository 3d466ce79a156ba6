"""`orm-model-in-migration` sees the application's classes in queries, and leaves a revision's own alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

MODELS = {
    "shop/__init__.py": "",
    "shop/models.py": """
        from enum import Enum

        from sqlalchemy.orm import DeclarativeBase


        class Base(DeclarativeBase):
            pass


        class Order(Base):
            __tablename__ = "orders"


        class Kind(Enum):
            CARD = "card"


        TABLES = ("orders", "customers")
    """,
}
IMPORT = "from shop.models import Order  # expect high\n"
CASES = [
    IMPORT + "def upgrade():\n    op.get_bind().execute(sa.select(Order))  # expect high\n",
    IMPORT + "def upgrade():\n    op.execute(sa.update(Order).values(status='a'))  # expect high\n",
    IMPORT + "from sqlalchemy.orm import Session\n"
    "def upgrade():\n    with Session(op.get_bind()) as s:\n        s.query(Order).all()  # expect high\n",
    IMPORT + "from sqlalchemy.orm import Session\n"
    "def upgrade():\n    s = Session(op.get_bind())\n    s.add(Order(status='a'))  # expect high\n",
    (
        "from gone.models import Order  # expect medium\n"
        "def upgrade():\n    op.get_bind().execute(sa.select(Order))  # expect medium\n"
    ),
    (
        "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\n"
        "class Order(Base):\n    __tablename__ = 'orders'\n"
        "def upgrade():\n    op.get_bind().execute(sa.select(Order))\n"
    ),
    (
        "from shop.models import Kind, TABLES\n"
        "def upgrade():\n    op.execute(f\"SELECT '{Kind.CARD.value}'\")\n    print(TABLES)\n"
    ),
    "from shop.models import Order\ndef upgrade():\n    pass\n",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("orm-model-in-migration", case, tmp_path, files=MODELS)
