"""`destructive-drop` sees data that goes, and leaves what was only there for a moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.drop_table("orders")  # expect high
""",
    """
def upgrade():
    op.drop_column("orders", "note")  # expect high
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders DROP COLUMN IF EXISTS note")  # expect high
""",
    """
def upgrade():
    op.execute("DROP TABLE orders, customers")  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("state", sa.String(20)))
    op.drop_column("orders", "status")
""",
    """
def upgrade():
    op.create_table("n", sa.Column("id", sa.Integer))
    op.drop_table("n")
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer()))
    op.drop_column("orders", "x")
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("t2", sa.Text()))
    op.execute("UPDATE orders SET t2 = note")
    op.drop_column("orders", "note")
    op.alter_column("orders", "t2", new_column_name="note")
""",
    """
def upgrade():
    pass


def downgrade():
    op.drop_table("orders")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("destructive-drop", case, tmp_path)
