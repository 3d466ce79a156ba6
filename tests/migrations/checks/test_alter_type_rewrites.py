"""`alter-type-rewrites` knows which changes of a type are free."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.alter_column("orders", "customer_id", type_=sa.BigInteger())  # expect high
""",
    """
def upgrade():
    op.alter_column("orders", "status", type_=sa.String(10))  # expect high
""",
    """
def upgrade():
    op.alter_column("orders", "total", type_=sa.Numeric(12, 4))  # expect high
""",
    """
def upgrade():
    op.alter_column("orders", "note", type_=sa.String(100))  # expect high
""",
    """
def upgrade():
    op.alter_column("orders", "status", type_=sa.Integer(), postgresql_using="status::integer")  # expect high
""",
    """
def upgrade():
    op.alter_column("orders", "placed_at", type_=sa.DateTime(timezone=True))  # expect medium
""",
    """
def upgrade():
    op.alter_column("elsewhere", "x", existing_type=sa.Integer(), type_=sa.BigInteger())  # expect high
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ALTER COLUMN customer_id TYPE bigint")  # expect high
""",
    """
def upgrade():
    op.alter_column("orders", "status", type_=sa.String(50))
""",
    """
def upgrade():
    op.alter_column("orders", "status", type_=sa.Text())
""",
    """
def upgrade():
    op.alter_column("orders", "note", type_=sa.String())
""",
    """
def upgrade():
    op.alter_column("orders", "total", type_=sa.Numeric())
""",
    """
def upgrade():
    op.alter_column("orders", "total", type_=sa.Numeric(20, 2))
""",
    """
def upgrade():
    op.alter_column("orders", "status", type_=sa.String(50), postgresql_using="status::varchar(50)")
""",
    """
def upgrade():
    op.alter_column("elsewhere", "x", type_=sa.BigInteger())
""",
    """
def upgrade():
    op.alter_column("orders", "status", existing_type=sa.String(20), nullable=True)
""",
    """
def upgrade():
    op.create_table("n", sa.Column("a", sa.Integer))
    op.alter_column("n", "a", type_=sa.Text())
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("alter-type-rewrites", case, tmp_path)
