"""`check-constraint-validates` sees a CHECK that looks at every row, and leaves new tables alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.create_check_constraint("ck", "orders", "total > 0")  # expect high
""",
    """
def upgrade():
    op.create_check_constraint("ck", "orders", sa.column("total") > 0)  # expect high
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ADD CHECK (total > 0)")  # expect high
""",
    """
def upgrade():
    with op.batch_alter_table("orders") as b:
        b.create_check_constraint("ck", "total > 0")  # expect high
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN x int CHECK (x > 0)")  # expect high
""",
    """
def upgrade():
    op.create_check_constraint("ck", "orders", "total > 0", postgresql_not_valid=True)
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ADD CONSTRAINT ck CHECK (total > 0) NOT VALID")
""",
    """
def upgrade():
    op.create_table("n", sa.Column("id", sa.Integer))
    op.create_check_constraint("ck", "n", "id > 0")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("check-constraint-validates", case, tmp_path)
