"""`downgrade-mismatch` replays the downgrade on what the upgrade left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer()))


def downgrade():
    op.drop_column("orders", "y")  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer()))
    op.create_table("n", sa.Column("id", sa.Integer))


def downgrade():
    op.drop_column("orders", "x")  # expect high
""",
    """
def upgrade():
    op.drop_column("orders", "note")


def downgrade():
    op.add_column("orders", sa.Column("comment", sa.Text()))  # expect high
""",
    """
def upgrade():
    op.alter_column("orders", "status", type_=sa.Text())


def downgrade():
    op.alter_column("orders", "status", type_=sa.String(30))  # expect medium
""",
    """
def upgrade():
    op.create_index("ix", "orders", ["note"])
    op.create_index("iy", "orders", ["total"])


def downgrade():
    op.drop_index("ix", "orders")  # expect medium
""",
    """
def upgrade():
    op.create_table("n", sa.Column("id", sa.Integer))


def downgrade():
    op.create_table("n", sa.Column("id", sa.Integer))  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer()))


def downgrade():
    op.drop_column("orders", "x")
""",
    """
def upgrade():
    op.alter_column("orders", "note", new_column_name="comment")


def downgrade():
    op.alter_column("orders", "comment", new_column_name="note")
""",
    """
def upgrade():
    op.rename_table("orders", "purchases")


def downgrade():
    op.rename_table("purchases", "orders")
""",
    """
def upgrade():
    op.create_unique_constraint(None, "orders", ["note"])


def downgrade():
    op.drop_constraint("orders_note_key", "orders")
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer()))


def downgrade():
    for name in names():
        op.drop_column("orders", name)
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ADD CONSTRAINT ck CHECK (total > 0) NOT VALID")


def downgrade():
    op.drop_constraint("ck", "orders")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("downgrade-mismatch", case, tmp_path)
