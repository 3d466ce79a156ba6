"""`enum-type-missing` sees a type that nothing creates."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.add_column("orders", sa.Column("kind", sa.Enum("a", name="kind")))  # expect high
""",
    """
def upgrade():
    op.alter_column("orders", "status", type_=sa.Enum("a", name="kind"), postgresql_using="status::kind")  # expect high
""",
    """
from sqlalchemy.dialects import postgresql


def upgrade():
    op.add_column("orders", sa.Column("kind", postgresql.ENUM("a", name="kind")))  # expect high
""",
    """
def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('a')")
    op.add_column("orders", sa.Column("kind", sa.Enum("a", name="kind")))
""",
    """
def upgrade():
    op.execute("DO $$ BEGIN CREATE TYPE kind AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN null; END $$")
    op.add_column("orders", sa.Column("kind", sa.Enum("a", name="kind")))
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("kind", sa.Enum("a", name="kind", native_enum=False)))
""",
    """
def upgrade():
    op.execute(open("types.sql").read())
    op.add_column("orders", sa.Column("kind", sa.Enum("a", name="kind")))
""",
    """
def upgrade():
    op.create_table("n", sa.Column("kind", sa.Enum("a", "b", name="kind")))
    op.add_column("orders", sa.Column("kind", sa.Enum("a", "b", name="kind")))
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("enum-type-missing", case, tmp_path)
