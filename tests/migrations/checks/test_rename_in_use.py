"""`rename-in-use` sees a name that running code still uses, and one that something else takes over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.rename_table("orders", "purchases")  # expect high
""",
    """
def upgrade():
    op.alter_column("orders", "note", new_column_name="comment")  # expect high
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders RENAME COLUMN note TO comment")  # expect high
""",
    """
# revision b002 after a001
def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('a')")

# revision b003 after b002
def upgrade():
    op.execute("ALTER TYPE kind RENAME VALUE 'a' TO 'b'")  # expect high
""",
    """
def upgrade():
    op.rename_table("orders", "purchases")
    op.execute("CREATE VIEW orders AS SELECT * FROM purchases")
""",
    """
def upgrade():
    op.create_table("n", sa.Column("id", sa.Integer))
    op.rename_table("orders", "old")
    op.rename_table("n", "orders")
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer()))
    op.alter_column("orders", "x", new_column_name="y")
""",
    """
# revision b002 after a001
def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('a')")

# revision b003 after b002
def upgrade():
    op.execute("ALTER TYPE kind RENAME TO kind_old")
    op.execute("CREATE TYPE kind AS ENUM ('a', 'b')")
""",
    """
def upgrade():
    op.execute("ALTER INDEX ix RENAME TO iy")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("rename-in-use", case, tmp_path)
