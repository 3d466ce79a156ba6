"""`validate-in-same-transaction` sees VALIDATE behind ADD in one transaction, and a transaction that ended between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.create_check_constraint("ck", "orders", "total > 0", postgresql_not_valid=True)
    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck")  # expect high
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ADD CONSTRAINT ck CHECK (total > 0) NOT VALID, VALIDATE CONSTRAINT ck")  # expect high
""",
    """
def upgrade():
    op.create_check_constraint("ck", "orders", "total > 0", postgresql_not_valid=True)
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck")
""",
    """
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE orders ADD CONSTRAINT ck CHECK (total > 0) NOT VALID")
    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck")
""",
    """
def upgrade():
    op.create_check_constraint("ck", "orders", "total > 0", postgresql_not_valid=True)
    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT other")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("validate-in-same-transaction", case, tmp_path)
