"""`enum-left-behind` compares the types before the upgrade and after the downgrade."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.create_table(
        "n",
        sa.Column("id", sa.Integer),
        sa.Column("kind", sa.Enum("a", "b", name="kind")),  # expect high
    )


def downgrade():
    op.drop_table("n")
""",
    """
def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('a')")  # expect high
    op.add_column("orders", sa.Column("kind", sa.Enum("a", name="kind")))


def downgrade():
    op.drop_column("orders", "kind")
""",
    """
def upgrade():
    op.create_table("n", sa.Column("kind", sa.Enum("a", "b", name="kind")))


def downgrade():
    op.drop_table("n")
    op.execute("DROP TYPE IF EXISTS kind")
""",
    """
def upgrade():
    op.create_table("n", sa.Column("kind", sa.Enum("a", "b", name="kind")))


def downgrade():
    raise NotImplementedError
""",
    """
def upgrade():
    op.create_table("n", sa.Column("kind", sa.Enum("a", "b", name="kind")))


def downgrade():
    op.drop_table("n")
    for name in NAMES:
        op.execute(name)
""",
    """
def upgrade():
    sa.Enum("a", name="kind").create(op.get_bind(), checkfirst=True)
    op.add_column("orders", sa.Column("kind", sa.Enum("a", name="kind")))


def downgrade():
    op.drop_column("orders", "kind")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("enum-left-behind", case, tmp_path)
