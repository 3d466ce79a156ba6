"""`multiple-statements` counts the statements of a text as the server does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.execute("SELECT 1; SELECT 2")  # expect high
""",
    """
def upgrade():
    op.execute("UPDATE settings SET value = 1;\\nUPDATE settings SET value = 2;")  # expect high
""",
    """
def upgrade():
    pass


def downgrade():
    op.execute("SELECT 1; SELECT 2")  # expect high
""",
    """
def upgrade():
    op.execute("SELECT ';'; ")
""",
    """
def upgrade():
    op.execute("DO $$ BEGIN PERFORM 1; PERFORM 2; END $$;")
""",
    """
def upgrade():
    op.execute("CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN NEW.a = 1; RETURN NEW; END $$ LANGUAGE plpgsql")
""",
    """
def upgrade():
    op.execute("SELECT 1; -- SELECT 2;")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("multiple-statements", case, tmp_path)


TWO = 'def upgrade():\n    op.execute("SELECT 1; SELECT 2"){}\n'


@pytest.mark.parametrize(
    ("env", "mark"),
    [
        ("from sqlalchemy import engine_from_config  # postgresql+psycopg\n", ""),
        ("from sqlalchemy.ext.asyncio import create_async_engine  # postgresql+psycopg\n", ""),
        ("from sqlalchemy.ext.asyncio import create_async_engine\n", "  # expect high"),
        ("from shop import engine\n", "  # expect medium"),
    ],
)
def test_the_driver_decides(env: str, mark: str, tmp_path: Path) -> None:
    check_case("multiple-statements", TWO.format(mark), tmp_path, env)
