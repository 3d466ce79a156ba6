"""`add-column-rewrites` tells volatile defaults from those stored once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Uuid(), server_default=sa.func.gen_random_uuid()))  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.DateTime(), server_default=sa.text("clock_timestamp()")))  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.BigInteger(), sa.Identity()))  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Numeric(), sa.Computed("total * 2")))  # expect high
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN x bigserial")  # expect high
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN x float DEFAULT random()")  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.DateTime(), server_default=sa.func.now()))
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Text(), server_default="random()"))
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Text(), server_default=sa.text("'random() it is'")))
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Numeric(), sa.Computed("total * 2", persisted=False)))
""",
    """
def upgrade():
    op.create_table("n", sa.Column("a", sa.Integer))
    op.add_column("n", sa.Column("x", sa.BigInteger(), sa.Identity()))
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("add-column-rewrites", case, tmp_path)
