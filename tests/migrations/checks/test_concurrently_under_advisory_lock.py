"""`concurrently-under-advisory-lock` tells what waits for those who wait for env.py's lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import ENV, check_case

CHECK = "concurrently-under-advisory-lock"
UP = """
def upgrade():
    op.add_column("orders", sa.Column("x", sa.Integer))
    with op.get_context().autocommit_block():
        op.create_index("ix", "orders", ["note"], postgresql_concurrently=True){mark}
        op.execute("DROP INDEX CONCURRENTLY old"){mark}
        op.execute("REINDEX TABLE CONCURRENTLY orders"){mark}
    op.create_index("iy", "orders", ["id"])
"""


@pytest.mark.parametrize(
    ("lock", "waits"),
    [
        ("SELECT pg_advisory_lock(1)", True),
        ("select pg_advisory_lock(1, 2)", True),
        ("SELECT pg_try_advisory_lock(1)", False),
        ("SELECT pg_advisory_xact_lock(1)", False),
        ("SELECT pg_advisory_lock_shared(1)", False),
        ("SELECT 1", False),
    ],
)
def test_only_a_session_lock_that_is_waited_for_counts(lock: str, waits: bool, tmp_path: Path) -> None:
    case = UP.format(mark="  # expect medium" if waits else "")
    check_case(CHECK, case, tmp_path, ENV + f'connection.execute(text("{lock}"))\n')


def test_the_lock_may_be_taken_by_a_module_that_env_py_imports(tmp_path: Path) -> None:
    files = {"migrations/__init__.py": "", "migrations/locks.py": 'LOCK = "SELECT pg_advisory_lock(1)"\n'}
    check_case(CHECK, UP.format(mark="  # expect medium"), tmp_path, ENV + "from migrations.locks import LOCK\n", files)
