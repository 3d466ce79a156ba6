"""`table-never-created` tells the first table that is changed and never created."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    (
        '# revision a001\ndef upgrade():\n    op.add_column("orders", sa.Column("x", sa.Integer))  # expect medium\n'
        '    op.add_column("customers", sa.Column("x", sa.Integer))\n'
    ),
    'def upgrade():\n    op.execute("ALTER TABLE gone ALTER a SET NOT NULL")  # expect medium\n',
    'def upgrade():\n    op.create_index("ix", "gone", ["a"])  # expect medium\n',
    'def upgrade():\n    op.add_column("orders", sa.Column("x", sa.Integer))\n',
    (
        '# revision a001\ndef upgrade():\n    op.execute(open("schema.sql").read())\n'
        '    op.add_column("orders", sa.Column("x", sa.Integer))\n'
    ),
    'def upgrade():\n    Base.metadata.create_all(op.get_bind())\n    op.add_column("n", sa.Column("x", sa.Integer))\n',
    'def upgrade():\n    if has_table("gone"):\n        op.add_column("gone", sa.Column("x", sa.Integer))\n',
    'def upgrade():\n    op.execute("CREATE TABLE n AS SELECT 1 AS a")\n    op.create_index("ix", "n", ["a"])\n',
    'def upgrade():\n    op.execute("DROP TABLE IF EXISTS gone")\n',
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("table-never-created", case, tmp_path)
