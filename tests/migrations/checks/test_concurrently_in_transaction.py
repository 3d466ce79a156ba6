"""`concurrently-in-transaction` sees what the server refuses in a transaction, both ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0; CREATE INDEX CONCURRENTLY ix ON orders (note)")  # expect high
        op.execute("CREATE INDEX CONCURRENTLY iy ON orders (status);")
        op.execute("/* first; */ CREATE INDEX CONCURRENTLY iz ON orders (total) -- and last;")
""",
    """
def upgrade():
    op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)  # expect high
""",
    """
def upgrade():
    op.execute("create index concurrently ix on orders (note)")  # expect high
""",
    """
def upgrade():
    pass


def downgrade():
    op.drop_index("ix", "orders", postgresql_concurrently=True)  # expect high
""",
    """
def upgrade():
    op.execute("VACUUM orders")  # expect high
""",
    """
def upgrade():
    op.execute("REINDEX INDEX CONCURRENTLY ix")  # expect high
""",
    """
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)
    op.create_index("iy", "orders", ["note"], postgresql_concurrently=True)  # expect high
""",
    """
def upgrade():
    context = op.get_context()
    with context.autocommit_block():
        op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)
""",
    """
def upgrade():
    op.execute("COMMIT")
    op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)
""",
    """
def upgrade():
    with op.get_bind().engine.connect().execution_options(isolation_level="AUTOCOMMIT") as own:
        own.execute(sa.text("CREATE INDEX CONCURRENTLY ix ON orders (note)"))
""",
    """
from contextlib import contextmanager


@contextmanager
def outside():
    with op.get_context().autocommit_block():
        yield


def upgrade():
    with outside():
        op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("concurrently-in-transaction", case, tmp_path)


@pytest.mark.parametrize("word", ['isolation_level="AUTOCOMMIT"', "transactional_ddl=False"])
def test_an_env_without_a_transaction_is_left_alone(word: str, tmp_path: Path) -> None:
    case = 'def upgrade():\n    op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)\n'
    check_case("concurrently-in-transaction", case, tmp_path, f"configure({word})\n")
