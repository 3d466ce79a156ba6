"""`unbatched-update` sees an update of a whole table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.execute("UPDATE orders SET status = 'a'")  # expect high
""",
    """
def upgrade():
    op.execute("UPDATE orders SET status = 'a' WHERE total IS NULL")  # expect medium
""",
    """
orders = sa.table("orders", sa.column("status"))


def upgrade():
    op.execute(orders.update().values(status="a"))  # expect high
""",
    """
orders = sa.table("orders", sa.column("status"))


def upgrade():
    op.execute(sa.update(orders).values({"status": "a"}))  # expect high
""",
    """
def upgrade():
    op.execute("UPDATE settings SET value = 'a' WHERE id = 7")
""",
    """
def upgrade():
    op.execute("UPDATE orders SET status = 'a' WHERE id IN (SELECT id FROM orders WHERE status IS NULL LIMIT 500)")
""",
    """
def upgrade():
    op.create_table("n", sa.Column("a", sa.Integer))
    op.execute("UPDATE n SET a = 1")
""",
    """
def upgrade():
    for row in op.get_bind().execute(sa.text("SELECT id FROM orders")):
        op.execute(sa.text("UPDATE orders SET status = 'a' WHERE id = :id").bindparams(id=row.id))
""",
    """
def upgrade():
    pass


def downgrade():
    op.execute("UPDATE orders SET status = 'a'")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("unbatched-update", case, tmp_path)
