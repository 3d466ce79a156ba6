"""`index-not-concurrent` sees an index built on a live table, however it is written, and leaves new tables alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.create_index("ix", "orders", ["note"])  # expect high
""",
    """
def upgrade():
    op.create_index(op.f("ix"), "orders", ["note", sa.text("lower(status)")], unique=True)  # expect high
""",
    """
def upgrade():
    op.execute("create unique index ix on orders (note)")  # expect high
""",
    """
def upgrade():
    op.execute(sa.text("CREATE INDEX ix ON public.orders USING gin (payload)"))  # expect high
""",
    """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer, index=True))  # expect high
""",
    """
def upgrade():
    with op.batch_alter_table("orders") as batch:
        batch.create_index("ix", ["note"])  # expect high
""",
    """
def upgrade():
    for name in ["note", "total"]:
        op.create_index(f"ix_{name}", "orders", [name])  # expect high
""",
    """
def upgrade():
    if sa.inspect(op.get_bind()).has_table("orders"):
        op.create_index("ix", "orders", ["note"])  # expect medium
""",
    """
def upgrade():
    op.get_bind().execute(sa.text("CREATE INDEX ix ON orders (note)"))  # expect high
""",
    """
def upgrade():
    op.execute("DO $$ BEGIN IF true THEN CREATE INDEX ix ON orders (note); END IF; END $$")  # expect medium
""",
    """
def upgrade():
    op.create_table("tags", sa.Column("id", sa.Integer), sa.Column("n", sa.Text, index=True))
    op.create_index("ix", "tags", ["id"])
""",
    """
def upgrade():
    op.execute("CREATE MATERIALIZED VIEW mv AS SELECT id FROM orders")
    op.execute("CREATE INDEX ix ON mv (id)")
""",
    """
def upgrade():
    op.execute("CREATE TEMPORARY TABLE t AS SELECT 1 AS a")
    op.execute("CREATE INDEX ix ON t (a)")
""",
    """
def upgrade():
    op.create_table("n", sa.Column("id", sa.Integer))
    op.rename_table("n", "m")
    op.create_index("ix", "m", ["id"])
""",
    """
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)
""",
    """
def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix", "orders", ["note"])
""",
    """
def upgrade():
    op.execute("COMMENT ON TABLE orders IS 'create index ix on orders (note)'")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("index-not-concurrent", case, tmp_path)


@pytest.mark.parametrize(
    ("written", "call"),
    [
        (
            'op.create_index("ix", "orders", ["payload"], postgresql_using="gin")',
            "op.create_index('ix', 'orders', ['payload'], postgresql_using='gin', postgresql_concurrently=True, if_not_exists=True)",
        ),
        (
            'op.create_index("ix", "orders", ["note"], unique=True, postgresql_where=sa.text("total > 0"))',
            (
                "op.create_index('ix', 'orders', ['note'], unique=True, postgresql_where=sa.text('total > 0'), "
                "postgresql_concurrently=True, if_not_exists=True)"
            ),
        ),
        (
            'op.create_index("ix", "orders", [sa.text("lower(note)")])',
            "op.create_index('ix', 'orders', [sa.text('lower(note)')], postgresql_concurrently=True, if_not_exists=True)",
        ),
        (
            'op.create_index("ix", "orders", ["note"], postgresql_concurrently=False, postgresql_ops={"note": "text_pattern_ops"})',
            (
                "op.create_index('ix', 'orders', ['note'], postgresql_ops={'note': 'text_pattern_ops'}, "
                "postgresql_concurrently=True, if_not_exists=True)"
            ),
        ),
        (
            'op.execute("CREATE UNIQUE INDEX ix ON orders (lower(note)) WHERE total > 0;")',
            'op.execute("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix ON orders (lower(note)) WHERE total > 0")',
        ),
        (
            'op.execute("CREATE INDEX ON orders USING gin (payload jsonb_path_ops)")',
            'op.execute("CREATE INDEX CONCURRENTLY ON orders USING gin (payload jsonb_path_ops)")',
        ),
        (
            'op.execute("create index if not exists ix on orders (note) include (total)")',
            'op.execute("create index CONCURRENTLY IF NOT EXISTS ix on orders (note) include (total)")',
        ),
        (
            'op.execute("CREATE INDEX ix ON orders (note)")',
            'op.create_index("ix", "orders", ["note"], postgresql_concurrently=True, if_not_exists=True)',
        ),
    ],
)
def test_what_is_printed_makes_the_index_that_was_meant(written: str, call: str, tmp_path: Path) -> None:
    (found,) = check_case("index-not-concurrent", f"def upgrade():\n    {written}  # expect\n", tmp_path)
    assert found.remedy == f"with op.get_context().autocommit_block():\n    {call}"


@pytest.mark.parametrize(
    "made",
    [
        """op.create_table("logs", sa.Column("id", sa.Integer), postgresql_partition_by="RANGE (id)")""",
        """op.execute("CREATE TABLE logs (id int) PARTITION BY RANGE (id)")""",
    ],
)
def test_of_a_partitioned_table_nothing_is_said(made: str, tmp_path: Path) -> None:
    case = f"""
# revision b002 after a001
def upgrade():
    {made}

# revision b003 after b002
def upgrade():
    op.create_index("ix", "logs", ["id"])
    op.add_column("logs", sa.Column("x", sa.Integer, index=True))
"""
    check_case("index-not-concurrent", case, tmp_path)


def test_a_call_with_a_comment_in_it_is_not_written_again_without_its_condition(tmp_path: Path) -> None:
    case = """
def upgrade():
    op.create_index("ix", "orders", ["note"],  # expect
                    postgresql_where=sa.text("total > 0"))
"""
    (found,) = check_case("index-not-concurrent", case, tmp_path)
    assert found.remedy.endswith("    ...  # the same, as CREATE INDEX CONCURRENTLY")
