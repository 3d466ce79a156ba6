"""`downgrade-order` looks who still needs what a downgrade drops."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.create_table("p", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table("c", sa.Column("p", sa.Integer, sa.ForeignKey("p.id")))


def downgrade():
    op.drop_table("p")  # expect high
    op.drop_table("c")
""",
    """
def upgrade():
    op.create_table("p", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("ALTER TABLE orders ADD COLUMN p int REFERENCES p")


def downgrade():
    op.drop_table("p")  # expect high
    op.drop_column("orders", "p")
""",
    """
def upgrade():
    op.create_table("n", sa.Column("kind", sa.Enum("a", "b", name="kind")))


def downgrade():
    op.execute("DROP TYPE kind")  # expect high
    op.drop_table("n")
""",
    """
def upgrade():
    op.create_table("p", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table("c", sa.Column("p", sa.Integer, sa.ForeignKey("p.id")))


def downgrade():
    op.drop_table("c")
    op.drop_table("p")
""",
    """
def upgrade():
    op.create_table("p", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table("c", sa.Column("p", sa.Integer, sa.ForeignKey("p.id", name="fk")))


def downgrade():
    op.drop_constraint("fk", "c")
    op.drop_table("p")
    op.drop_table("c")
""",
    """
def upgrade():
    op.create_table("p", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table("c", sa.Column("p", sa.Integer, sa.ForeignKey("p.id")))


def downgrade():
    op.execute("DROP TABLE p CASCADE")
    op.drop_table("c")
""",
    """
def upgrade():
    op.create_table("p", sa.Column("id", sa.Integer, primary_key=True), sa.Column("up", sa.Integer, sa.ForeignKey("p.id")))


def downgrade():
    op.drop_table("p")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("downgrade-order", case, tmp_path)
