"""`concurrently-under-lock-timeout` follows lock_timeout to what runs concurrently."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.execute("SET lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)  # expect high
""",
    """
def upgrade():
    op.execute("SELECT set_config('lock_timeout', '2s', false)")
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY ix ON orders (note)")  # expect high
""",
    """
def upgrade():
    op.execute("SET lock_timeout = 3000")
    with op.get_context().autocommit_block():
        op.execute("REINDEX INDEX CONCURRENTLY ix")  # expect high
""",
    """
def upgrade():
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)
""",
    """
def upgrade():
    op.execute("SET lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)
""",
    """
def upgrade():
    op.execute("SET lock_timeout = '5s'")
    op.execute("RESET lock_timeout")
    with op.get_context().autocommit_block():
        op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)
""",
    """
def upgrade():
    op.execute("SET lock_timeout = '1h'")
    with op.get_context().autocommit_block():
        op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)
""",
    """
def upgrade():
    op.execute("SET statement_timeout = '5s'")
    with op.get_context().autocommit_block():
        op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("concurrently-under-lock-timeout", case, tmp_path)
