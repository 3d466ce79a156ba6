"""`raw-commit` sees COMMIT and ROLLBACK sent as SQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.execute("COMMIT")  # expect high
""",
    """
def upgrade():
    op.execute(sa.text("commit"))  # expect high
""",
    """
def upgrade():
    pass


def downgrade():
    op.execute("ROLLBACK")  # expect high
""",
    """
def upgrade():
    op.execute("SAVEPOINT a")
    op.execute("RELEASE SAVEPOINT a")
""",
    """
def upgrade():
    op.execute("COMMENT ON TABLE orders IS 'COMMIT'")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("raw-commit", case, tmp_path)
