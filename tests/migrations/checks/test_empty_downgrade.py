"""`empty-downgrade` sees a downgrade that leaves all as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case, report_of, write_tree

CASES = [
    # What env.py hands over: `context.run_migrations(op=op, tools=tools)`.
    """
def upgrade(op, tools):
    op.add_column("orders", sa.Column("x", sa.Integer()))


def downgrade(op, tools):
    op.drop_column("orders", "x")
""",
    """
def upgrade(op, tools):
    op.add_column("orders", sa.Column("x", sa.Integer()))


def downgrade(op, tools):
    tools.log("nothing to do")
""",
    """
def upgrade(op, tools):
    op.add_column("orders", sa.Column("x", sa.Integer()))


def downgrade(op, tools):
    pass  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer()))


def downgrade():
    pass  # expect high
""",
    '''
def upgrade():
    op.execute("CREATE TABLE n (id int)")


def downgrade():
    """Nothing."""
    print("nothing")  # expect high
''',
    """
def upgrade():
    op.alter_column("orders", "note", nullable=False)


def downgrade():
    pass  # expect high
""",
    """
def upgrade():
    op.create_index("ix", "orders", ["note"])


def downgrade():
    pass  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer()))


def downgrade():
    raise NotImplementedError("no way back")
""",
    """
def upgrade():
    op.execute("UPDATE orders SET status = 'a'")


def downgrade():
    pass
""",
    """
def upgrade():
    pass


def downgrade():
    pass
""",
    """
def upgrade():
    op.execute("CREATE EXTENSION IF NOT EXISTS citext")


def downgrade():
    pass
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer()))
    op.drop_column("orders", "x")


def downgrade():
    pass
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("empty-downgrade", case, tmp_path)


def test_what_changed_is_told_in_one_order(tmp_path: Path) -> None:
    made = "".join(f'    op.create_table("t{n}", sa.Column("id", sa.Integer()))\n' for n in (3, 1, 4, 2))
    tree = write_tree(tmp_path, f"def upgrade():\n{made}\n\ndef downgrade():\n    pass\n")
    (found,) = report_of(tree, "empty-downgrade").findings
    assert "changes table t1, table t2, table t3, table t4;" in found.message
