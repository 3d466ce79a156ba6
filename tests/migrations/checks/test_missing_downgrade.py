"""`missing-downgrade` sees a revision that has none, where others do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer()))  # expect high
""",
    """
def upgrade():
    pass
""",
    """
from elsewhere import downgrade


def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer()))
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer()))


def downgrade():
    op.drop_column("orders", "x")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("missing-downgrade", case, tmp_path)
