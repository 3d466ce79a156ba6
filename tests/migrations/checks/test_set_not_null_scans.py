"""`set-not-null-scans` sees the scan, and a validated CHECK that spares it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.alter_column("orders", "note", nullable=False)  # expect high
""",
    """
def upgrade():
    op.alter_column("elsewhere", "note", existing_type=sa.Text(), nullable=False)  # expect medium
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ALTER note SET NOT NULL")  # expect high
""",
    """
def upgrade():
    op.create_check_constraint("ck", "orders", "note IS NOT NULL", postgresql_not_valid=True)
    op.alter_column("orders", "note", nullable=False)  # expect high
""",
    """
def upgrade():
    op.create_check_constraint("ck", "orders", "note IS NOT NULL OR total > 0")
    op.alter_column("orders", "note", nullable=False)  # expect high
""",
    """
def upgrade():
    op.execute('ALTER TABLE orders ADD CONSTRAINT ck CHECK ("note" IS NOT NULL AND total > 0)')
    op.alter_column("orders", "note", nullable=False)
""",
    """
def upgrade():
    op.alter_column("orders", "id", nullable=False)
""",
    """
def upgrade():
    op.alter_column("orders", "note", nullable=True)
""",
    """
def upgrade():
    op.create_table("n", sa.Column("a", sa.Integer))
    op.alter_column("n", "a", nullable=False)
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer, nullable=False, server_default="0"))
    op.alter_column("orders", "x", server_default=None, nullable=False)
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("set-not-null-scans", case, tmp_path)
