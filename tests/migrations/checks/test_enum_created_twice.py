"""`enum-created-twice` follows which types there are, however they were made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('a')")
    op.create_table("m", sa.Column("kind", sa.Enum("a", name="kind", create_type=False)))  # expect medium
""",
    """
# revision b002 after a001
def upgrade():
    op.create_table("n", sa.Column("kind", sa.Enum("a", "b", name="kind")))

# revision b003 after b002
def upgrade():
    op.create_table("m", sa.Column("kind", sa.Enum("a", "b", name="kind")))  # expect medium
""",
    """
# revision b002 after a001
def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('a')")

# revision b003 after b002
def upgrade():
    op.create_table("m", sa.Column("kind", sa.Enum("a", "b", name="kind")))  # expect high
""",
    """
def upgrade():
    op.create_table("n", sa.Column("kind", sa.Enum("a", "b", name="kind")))
    op.create_table("m", sa.Column("kind", sa.Enum("a", "b", name="kind")))
""",
    """
def upgrade():
    kind = sa.Enum("a", name="kind")
    kind.create(op.get_bind())
    op.create_table("n", sa.Column("kind", kind))  # expect high
""",
    """
def upgrade():
    op.create_table("n", sa.Column("kind", sa.Enum("a", "b", name="kind")))
    op.execute("CREATE TYPE kind AS ENUM ('a')")  # expect high
""",
    """
def upgrade():
    op.create_table("n", sa.Column("kind", sa.Enum("a", "b", name="kind")), sa.Column("other", sa.Enum("a", "b", name="kind")))
""",
    """
def upgrade():
    op.create_table("n", sa.Column("kind", sa.Enum("a", "b", name="kind")))
    op.drop_table("n")
    op.execute("DROP TYPE kind")
    op.create_table("m", sa.Column("kind", sa.Enum("a", "b", name="kind")))
""",
    """
from sqlalchemy.dialects import postgresql

def upgrade():
    op.create_table("n", sa.Column("kind", sa.Enum("a", "b", name="kind")))
    op.create_table("m", sa.Column("kind", postgresql.ENUM("a", name="kind", create_type=False)))
""",
    """
def upgrade():
    op.create_table("n", sa.Column("kind", sa.Enum("a", "b", name="kind")))
    op.create_table("m", sa.Column("kind", sa.Enum("a", "b", name="kind", native_enum=False)))
""",
    """
def upgrade():
    op.create_table("n", sa.Column("kind", sa.Enum("a", "b", name="kind")))
    sa.Enum("a", name="kind").create(op.get_bind(), checkfirst=True)
""",
    """
def upgrade():
    op.create_table("n", sa.Column("kind", sa.Enum("a", "b", name="kind")))


def downgrade():
    op.drop_table("n")
    sa.Enum(name="kind").drop(op.get_bind())
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("enum-created-twice", case, tmp_path)
