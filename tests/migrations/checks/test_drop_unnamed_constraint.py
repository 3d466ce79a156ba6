"""`drop-unnamed-constraint` sees a drop by the name None."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.drop_constraint(None, "orders", type_="unique")  # expect high
""",
    """
def upgrade():
    pass


def downgrade():
    op.drop_constraint(None, "orders", type_="foreignkey")  # expect high
""",
    """
def upgrade():
    with op.batch_alter_table("orders") as b:
        b.drop_constraint(None, type_="unique")  # expect high
""",
    """
def upgrade():
    op.drop_constraint("uq", "orders")
""",
    """
def upgrade():
    for row in op.get_bind().execute(sa.text("SELECT conname FROM pg_constraint")):
        op.drop_constraint(row[0], "orders")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("drop-unnamed-constraint", case, tmp_path)
