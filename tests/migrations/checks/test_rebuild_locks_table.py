"""`rebuild-locks-table` tells what writes a live table or its indexes anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("VACUUM FULL orders")  # expect high
""",
    """
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("VACUUM (FULL, ANALYZE) orders")  # expect high
        op.execute("VACUUM ANALYZE orders")
        op.execute("VACUUM (FULL false) orders")
""",
    """
def upgrade():
    op.execute("CLUSTER orders USING orders_pkey")  # expect high
    op.execute("ALTER TABLE orders SET UNLOGGED")  # expect high
    op.execute("ALTER TABLE orders SET TABLESPACE fast")  # expect high
    op.execute("ALTER TABLE orders CLUSTER ON orders_pkey")
    op.execute("ALTER TABLE orders SET (fillfactor = 70)")
""",
    """
# revision b002 after a001
def upgrade():
    op.create_index("ix_note", "orders", ["note"])


# revision c003 after b002
def upgrade():
    op.execute("REINDEX INDEX ix_note")  # expect high
    op.execute("REINDEX TABLE orders")  # expect high
    op.execute("REINDEX (CONCURRENTLY) TABLE orders")
    op.execute("REINDEX (CONCURRENTLY false) TABLE orders")  # expect high
    op.execute("REINDEX INDEX nobody_knows_its_table")
""",
    """
def upgrade():
    op.execute("CREATE TABLE work (id int PRIMARY KEY)")
    op.execute("CLUSTER work USING work_pkey")
    op.execute("REINDEX TABLE work")
    op.execute("CREATE UNLOGGED TABLE fast (id int)")
    op.execute("ALTER TABLE fast SET LOGGED")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("rebuild-locks-table", case, tmp_path)
