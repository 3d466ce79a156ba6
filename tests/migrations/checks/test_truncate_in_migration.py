"""`truncate-in-migration` tells where all rows of a table that was there before go."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.execute("TRUNCATE orders")  # expect high
""",
    """
def upgrade():
    op.get_bind().execute(sa.text("truncate table only orders, settings restart identity cascade"))  # expect high
""",
    """
def upgrade():
    for table in ("orders", "settings"):
        op.execute(f"TRUNCATE TABLE {table}")  # expect high
""",
    """
def upgrade():
    if op.get_bind().execute(sa.text("SELECT 1")).scalar():
        op.execute("TRUNCATE orders")  # expect medium
""",
    """
def upgrade():
    op.execute("CREATE TABLE work (id int)")
    op.execute("INSERT INTO work SELECT id FROM orders")
    op.execute("TRUNCATE work")
""",
    """
def upgrade():
    op.execute("DELETE FROM orders WHERE id = 1")
    op.execute("COMMENT ON TABLE orders IS 'TRUNCATE it by hand'")


def downgrade():
    op.execute("TRUNCATE orders")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("truncate-in-migration", case, tmp_path)
