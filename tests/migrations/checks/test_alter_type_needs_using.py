"""`alter-type-needs-using` knows the casts that the server makes by itself, as the server lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.migrations.locks.casts import KNOWN, STRINGS, is_cast_by_itself
from forge_doctor.migrations.operations.objects import Type
from tests.support.migration_cases import check_case
from tests.support.postgres import PostgresServer

DEFAULT = """
# revision b002 after a001
def upgrade():
    op.alter_column("orders", "status", server_default="new")
    op.execute("CREATE TYPE st AS ENUM ('new')")

# revision b003 after b002
def upgrade():
"""
CHANGE = 'op.alter_column("orders", "status", type_=sa.Enum("new", name="st"), postgresql_using="status::st"'
# The way back of a change that was right, in SQL that names an enumeration as any other type.
BY_NAME = """
# revision b002 after a001
def upgrade():
    op.execute("CREATE TYPE st AS ENUM ('new')")
    op.execute("ALTER TABLE settings ADD COLUMN state st DEFAULT 'new'")

# revision b003 after b002
def upgrade():
    op.execute("ALTER TABLE settings ALTER state TYPE text, ALTER state SET DEFAULT 'new'")
    op.execute("DROP TYPE st")


def downgrade():
    op.execute("CREATE TYPE st AS ENUM ('new')")
    op.execute("ALTER TABLE settings ALTER state TYPE st USING state::st")  # expect high
"""
CASES = [
    DEFAULT + f"    {CHANGE})  # expect high\n",
    DEFAULT + f'    op.alter_column("orders", "status", server_default=None)\n    {CHANGE})\n',
    DEFAULT.replace('server_default="new"', 'server_default=sa.text("NULL")') + f"    {CHANGE})\n",
    BY_NAME,
    BY_NAME.replace("DEFAULT 'new'", "DEFAULT NULL").replace("  # expect high", ""),
    'def upgrade():\n    op.alter_column("orders", "status", type_=sa.Integer())  # expect high\n',
    'def upgrade():\n    op.alter_column("orders", "status", type_=sa.Boolean())  # expect high\n',
    'def upgrade():\n    op.alter_column("orders", "note", type_=sa.dialects.postgresql.JSONB())  # expect high\n',
    'def upgrade():\n    op.alter_column("orders", "status", type_=sa.Enum("a", name="kind"))  # expect high\n',
    'def upgrade():\n    op.execute("ALTER TABLE orders ALTER customer_id TYPE boolean")  # expect high\n',
    'def upgrade():\n    op.alter_column("gone", "a", existing_type=sa.Text(), type_=sa.Uuid())  # expect medium\n',
    (
        "def upgrade():\n    pass\n\n\ndef downgrade():\n"
        '    op.alter_column("orders", "note", type_=sa.Integer())  # expect high\n'
    ),
    'def upgrade():\n    op.alter_column("orders", "status", type_=sa.Integer(), postgresql_using="status::int")\n',
    'def upgrade():\n    op.alter_column("orders", "customer_id", type_=sa.Text())\n',
    'def upgrade():\n    op.alter_column("orders", "payload", type_=sa.dialects.postgresql.JSONB())\n',
    'def upgrade():\n    op.alter_column("orders", "total", type_=sa.Integer())\n',
    'def upgrade():\n    op.alter_column("orders", "placed_at", type_=sa.Date())\n',
    'def upgrade():\n    op.alter_column("gone", "a", type_=sa.Uuid())\n',
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("alter-type-needs-using", case, tmp_path)


def test_the_casts_are_those_of_the_server(postgres18: PostgresServer) -> None:
    listed = ", ".join(f"'{name}'" for name in sorted(KNOWN))
    rows = postgres18.sql(
        "SELECT s.typname, t.typname FROM pg_cast JOIN pg_type s ON s.oid = castsource JOIN pg_type t ON t.oid = casttarget"
        f" WHERE castcontext IN ('a', 'i') AND s.typname IN ({listed}) AND t.typname IN ({listed})"
    )
    server = {tuple(row.split("|")) for row in rows.splitlines()}
    for old in KNOWN:
        for new in KNOWN - STRINGS - {old}:
            assert is_cast_by_itself(Type(name=old), Type(name=new)) is ((old, new) in server), (old, new)
