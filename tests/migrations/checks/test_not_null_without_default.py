"""`not-null-without-default` sees a column that no row has a value for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer(), nullable=False))  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer(), nullable=False, default=0))  # expect high
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN x int NOT NULL")  # expect high
""",
    """
def upgrade():
    for table in ("orders", "customers"):
        op.add_column(table, sa.Column("x", sa.Integer(), nullable=False))  # expect high
""",
    """
def upgrade():
    with op.batch_alter_table("orders") as b:
        b.add_column(sa.Column("x", sa.Integer(), nullable=False))  # expect high
""",
    """
def upgrade():
    column = sa.Column("x", sa.Integer(), nullable=False)
    op.add_column("orders", column)  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer(), nullable=False, server_default="0"))
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer(), nullable=True))
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.BigInteger(), sa.Identity(), nullable=False))
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer(), sa.Computed("id + 1"), nullable=False))
""",
    """
def upgrade():
    op.execute("DELETE FROM orders")
    op.add_column("orders", sa.Column("x", sa.Integer(), nullable=False))
""",
    """
def upgrade():
    op.execute("TRUNCATE orders")
    op.add_column("orders", sa.Column("x", sa.Integer(), nullable=False))
""",
    """
def upgrade():
    op.create_table("n", sa.Column("a", sa.Integer))
    op.add_column("n", sa.Column("x", sa.Integer(), nullable=False))
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("not-null-without-default", case, tmp_path)
