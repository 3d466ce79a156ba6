"""`tables-locked-together` counts the tables that one transaction keeps everybody out of, where nothing ends the wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

ONE = '    op.add_column("orders", sa.Column("x", sa.Integer()))\n'
TWO = '    op.alter_column("customers", "email", new_column_name="mail")\n'
THREE = '    op.drop_column("settings", "value")'
EXPECTED = "  # expect medium\n"
MADE = '    op.create_table("n", sa.Column("id", sa.Integer()))\n    op.add_column("n", sa.Column("x", sa.Integer()))\n'
BLOCK = '    with op.get_context().autocommit_block():\n        op.drop_column("settings", "value")\n'
CASES = [
    f"def upgrade():\n{ONE}{TWO}{THREE}{EXPECTED}",
    # Two tables; one table three times; one that it makes; one apart; a wait that ends.
    f"def upgrade():\n{ONE}{TWO}",
    f"def upgrade():\n{ONE}{ONE.replace('x', 'y')}{ONE.replace('x', 'z')}",
    f"def upgrade():\n{ONE}{TWO}{MADE}",
    f"def upgrade():\n{ONE}{TWO}{BLOCK}",
    f"def upgrade():\n    op.execute(\"SET lock_timeout = '4s'\")\n{ONE}{TWO}{THREE}\n",
    f"# file: env.py\nLIMIT = 'SET lock_timeout = 4000'\n\ndef upgrade():\n{ONE}{TWO}{THREE}\n",
    # Reads go on beside these.
    (
        'def upgrade():\n    op.create_index("a", "orders", ["status"])\n    op.create_index("b", "customers", ["email"])\n'
        '    op.create_index("c", "settings", ["value"])\n'
    ),
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("tables-locked-together", case, tmp_path)
