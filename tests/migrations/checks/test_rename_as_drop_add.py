"""`rename-as-drop-add` sees the pair that autogenerate makes of a rename, unless rows are carried over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer()))
    op.drop_column("orders", "status")  # expect medium
    op.add_column("orders", sa.Column("state", sa.String(20)))
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("state", sa.String(20)))
    op.drop_column("orders", "status")  # expect high
""",
    """
def upgrade():
    op.drop_column("orders", "status")
    op.add_column("orders", sa.Column("phase", sa.String(20)))
""",
    """
def upgrade():
    op.create_table("purchases", *[sa.Column(n, sa.Text) for n in ("id", "customer_id", "status", "note", "total", "payload", "placed_at")])
    op.drop_table("orders")  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("state", sa.String(20)))
    op.execute("UPDATE orders SET state = status")
    op.drop_column("orders", "status")
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("state", sa.Integer()))
    op.drop_column("orders", "status")
""",
    """
def upgrade():
    op.add_column("customers", sa.Column("state", sa.String(20)))
    op.drop_column("orders", "status")
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("state", sa.String(20)))
    op.add_column("orders", sa.Column("stage", sa.String(20)))
    op.drop_column("orders", "status")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("rename-as-drop-add", case, tmp_path)
