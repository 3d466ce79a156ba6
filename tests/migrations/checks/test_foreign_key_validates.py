"""`foreign-key-validates` sees a key that looks up every row, and leaves new tables alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.create_foreign_key("fk", "orders", "customers", ["customer_id"], ["id"])  # expect high
""",
    """
def upgrade():
    names = {"source_table": "orders", "referent_table": "customers"}
    op.create_foreign_key(None, local_cols=["customer_id"], remote_cols=["id"], **names)  # expect high
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers (id)")  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("c", sa.Integer, sa.ForeignKey("customers.id")))  # expect high
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN c int REFERENCES customers")  # expect high
""",
    """
def upgrade():
    with op.batch_alter_table("orders") as b:
        b.create_foreign_key("fk", "customers", ["customer_id"], ["id"])  # expect high
""",
    """
def upgrade():
    op.create_foreign_key("fk", "orders", "customers", ["customer_id"], ["id"], postgresql_not_valid=True)
""",
    """
def upgrade():
    op.create_table("n", sa.Column("id", sa.Integer), sa.Column("o", sa.Integer, sa.ForeignKey("orders.id")))
    op.create_foreign_key("fk", "n", "customers", ["id"], ["id"])
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customers NOT VALID")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("foreign-key-validates", case, tmp_path)


def test_of_a_partitioned_table_it_says_what_no_such_table_takes(tmp_path: Path) -> None:
    case = """
# revision b002 after a001
def upgrade():
    op.create_table("logs", sa.Column("id", sa.Integer), postgresql_partition_by="RANGE (id)")

# revision b003 after b002
def upgrade():
    op.create_foreign_key("fk", "logs", "customers", ["id"], ["id"])  # expect
"""
    (found,) = check_case("foreign-key-validates", case, tmp_path)
    assert "no server before 18 takes NOT VALID" in found.remedy
