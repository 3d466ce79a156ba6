"""`drop-index-not-concurrent` sees an index dropped in the transaction, and leaves tables alone that go or are new."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.drop_index("ix_orders_status", "orders")  # expect high
""",
    """
def upgrade():
    op.drop_index("ix_orders_status", table_name="orders")  # expect high
""",
    """
def upgrade():
    op.execute("DROP INDEX IF EXISTS ix_orders_status")  # expect high
""",
    """
def upgrade():
    with op.batch_alter_table("orders") as batch:
        batch.drop_index("ix")  # expect high
""",
    """
def upgrade():
    op.create_index("ix", "orders", ["note"])
    op.drop_index("ix")  # expect high
""",
    """
def upgrade():
    pass


def downgrade():
    op.drop_index("ix", "orders")
""",
    """
def upgrade():
    op.drop_index("ix", "orders")
    op.drop_table("orders")
""",
    """
def upgrade():
    op.create_table("n", sa.Column("id", sa.Integer))
    op.create_index("ix", "n", ["id"])
    op.drop_index("ix", "n")
""",
    """
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix", "orders", postgresql_concurrently=True)
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("drop-index-not-concurrent", case, tmp_path)
