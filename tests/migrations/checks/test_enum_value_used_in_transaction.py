"""`enum-value-used-in-transaction` sees a value used before the transaction that adds it has ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
# revision b002 after a001
def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('user')")
    op.add_column("orders", sa.Column("kind", sa.Enum("user", name="kind")))

# revision b003 after b002
def upgrade():
    op.execute("ALTER TYPE kind ADD VALUE 'system'")
    op.execute("UPDATE orders SET kind = 'system' WHERE id = 1")  # expect high
""",
    """
# revision b002 after a001
def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('user')")
    op.add_column("orders", sa.Column("kind", sa.Enum("user", name="kind")))

# revision b003 after b002
def upgrade():
    op.execute("ALTER TYPE kind ADD VALUE 'system'")
    op.alter_column("orders", "kind", server_default="system")  # expect high
""",
    """
# revision b002 after a001
def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('user')")
    op.add_column("orders", sa.Column("kind", sa.Enum("user", name="kind")))

# revision b003 after b002
def upgrade():
    op.execute("ALTER TYPE kind ADD VALUE 'system'")
    op.execute("INSERT INTO orders (kind) VALUES ('system')")  # expect high
""",
    """
# revision b002 after a001
def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('user')")
    op.add_column("orders", sa.Column("kind", sa.Enum("user", name="kind")))

# revision b003 after b002
def upgrade():
    op.execute("ALTER TYPE kind ADD VALUE 'system'")
    op.execute("UPDATE settings SET value = 'system' WHERE id = 1")  # expect medium
""",
    """
# revision b002 after a001
def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('user')")
    op.add_column("orders", sa.Column("kind", sa.Enum("user", name="kind")))

# revision b003 after b002
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE kind ADD VALUE 'system'")
    op.execute("UPDATE orders SET kind = 'system' WHERE id = 1")
""",
    """
# revision b002 after a001
def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('user')")
    op.add_column("orders", sa.Column("kind", sa.Enum("user", name="kind")))

# revision b003 after b002
def upgrade():
    op.execute("ALTER TYPE kind ADD VALUE 'system'")
    op.execute("UPDATE orders SET kind = 'user' WHERE id = 1")
""",
    """
def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('user')")
    op.execute("ALTER TYPE kind ADD VALUE 'system'")
    op.add_column("orders", sa.Column("kind", sa.Enum("user", name="kind"), server_default="system"))
""",
    """
# revision b002 after a001
def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('user')")
    op.add_column("orders", sa.Column("kind", sa.Enum("user", name="kind")))

# revision b003 after b002
def upgrade():
    op.execute("ALTER TYPE kind ADD VALUE 'system'")

# revision b004 after b003
def upgrade():
    op.execute("UPDATE orders SET kind = 'system' WHERE id = 1")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("enum-value-used-in-transaction", case, tmp_path)
