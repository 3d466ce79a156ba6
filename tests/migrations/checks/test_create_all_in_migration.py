"""`create_all_in_migration` tells of metadata that the revision imports, and of no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CHECK = "create-all-in-migration"
CASES = [
    """
from shop.models import Base

def upgrade():
    Base.metadata.create_all(op.get_bind())  # expect high


def downgrade():
    Base.metadata.drop_all(bind=op.get_bind())  # expect high
""",
    """
from shop import models

def upgrade():
    bind = op.get_bind()
    models.Base.metadata.create_all(bind, checkfirst=True)  # expect high
""",
    """
from sqlmodel import SQLModel

def upgrade():
    if not sa.inspect(op.get_bind()).has_table("a"):
        SQLModel.metadata.create_all(op.get_bind())  # expect medium
""",
    """
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.orm import declarative_base

Base = declarative_base()
metadata = MetaData()
Table("orders", metadata, Column("id", Integer))

def upgrade():
    Base.metadata.create_all(op.get_bind())
    metadata.create_all(op.get_bind())
    sa.MetaData().create_all(op.get_bind())
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    models = "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n"
    check_case(CHECK, case, tmp_path, files={"shop/__init__.py": "", "shop/models.py": models})
    check_case(CHECK, case, tmp_path / "elsewhere")
