"""`unique-constraint-builds-index` sees a constraint that builds its index, and one that takes over an index."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.create_unique_constraint("uq", "orders", ["note"])  # expect high
""",
    """
def upgrade():
    op.create_primary_key("pk", "orders", ["note"])  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer, unique=True))  # expect high
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ADD CONSTRAINT uq UNIQUE (note)")  # expect high
""",
    """
def upgrade():
    op.create_exclude_constraint("ex", "orders", ("note", "="), using="gist")  # expect high
""",
    """
def upgrade():
    with op.batch_alter_table("orders") as b:
        b.create_unique_constraint("uq", ["note"])  # expect high
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ADD CONSTRAINT uq UNIQUE USING INDEX ix")
""",
    """
def upgrade():
    op.create_table("n", sa.Column("id", sa.Integer))
    op.create_unique_constraint("uq", "n", ["id"])
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("unique-constraint-builds-index", case, tmp_path)


def test_of_a_partitioned_table_it_says_what_no_such_table_takes(tmp_path: Path) -> None:
    case = """
# revision b002 after a001
def upgrade():
    op.create_table("logs", sa.Column("id", sa.Integer), postgresql_partition_by="RANGE (id)")

# revision b003 after b002
def upgrade():
    op.create_unique_constraint("uq", "logs", ["id"])  # expect
"""
    (found,) = check_case("unique-constraint-builds-index", case, tmp_path)
    assert "USING INDEX, then that of the table" in found.remedy
