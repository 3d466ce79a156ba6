"""`drop-still-needed` looks who refers to what an upgrade drops."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

KEY = """
# revision b002 after a001
def upgrade():
    op.create_foreign_key({name}, "orders", "customers", ["customer_id"], ["id"])

# revision b003 after b002
def upgrade():
"""
NAMED, UNNAMED = KEY.format(name='"fk"'), KEY.format(name="None")
CASES = [
    NAMED + '    op.drop_table("customers")  # expect high\n',
    UNNAMED + '    op.execute("DROP TABLE IF EXISTS customers")  # expect high\n',
    NAMED + '    op.drop_constraint("fk", "orders")\n    op.drop_table("customers")\n',
    UNNAMED + '    op.drop_constraint("orders_customer_id_fkey", "orders")\n    op.drop_table("customers")\n',
    NAMED + '    op.drop_column("orders", "customer_id")\n    op.drop_table("customers")\n',
    NAMED + '    op.drop_table("orders")\n    op.drop_table("customers")\n',
    NAMED + '    op.execute("DROP TABLE customers CASCADE")\n',
    NAMED + '    for name in names():\n        op.drop_constraint(name, "orders")\n    op.drop_table("customers")\n',
    (
        "def upgrade():\n    op.create_table('n', sa.Column('k', sa.Enum('a', name='kind')))\n"
        "    op.execute('DROP TYPE kind')  # expect high\n"
    ),
    'def upgrade():\n    op.drop_table("customers")\n',
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("drop-still-needed", case, tmp_path)
