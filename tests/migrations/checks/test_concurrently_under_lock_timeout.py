"""`concurrently-under-lock-timeout` follows lock_timeout to what runs concurrently."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case
from tests.support.migration_trees import ENV, migrations_json, revision, shop, write

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


SET = "SET lock_timeout = '4s'"
INDEX = 'with op.get_context().autocommit_block():\n        op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)'
OFF = 'op.execute("SET lock_timeout = 0")\n    '
SERVER = 'connect_args={"server_settings": {"lock_timeout": "4000"}}'


@pytest.mark.parametrize(
    ("env", "up", "told"),
    [
        (ENV, INDEX, "4 s"),
        (ENV.replace(SET, "set session lock_timeout to 2500"), INDEX, "2.5 s"),
        (ENV.replace(SET, "SELECT 1") + f"\n{SERVER.partition('=')[0]} = {SERVER.partition('=')[2]}\n", INDEX, "4 s"),
        (ENV.replace(SET, "SELECT 1") + '\noptions = "-c lock_timeout=3000 -c x=1"\n', INDEX, "3 s"),
        (ENV, OFF + INDEX, ""),
        (ENV, 'op.create_index("ix", "orders", ["note"], postgresql_concurrently=True)', ""),
        (ENV.replace(SET, "SET LOCAL lock_timeout = '4s'"), INDEX, ""),
        (ENV.replace(SET, "SET lock_timeout = '30min'"), INDEX, ""),
        (ENV.replace(SET, "SET lock_timeout = 0"), INDEX, ""),
        (ENV.replace(SET, "SELECT 1") + "\n# SET lock_timeout = '4s' is not for us\n", INDEX, ""),
        (ENV + "\nLONG = \"SET lock_timeout = '9s'\"\n", INDEX, ""),
        (ENV.replace("'4s'", "{limit}"), INDEX, ""),
    ],
)
def test_a_timeout_of_env_py_is_in_force_in_every_revision(env: str, up: str, told: str, tmp_path: Path) -> None:
    files = shop(a002=revision("a002", "a001", up, 'op.drop_index("ix")')) | {"migrations/env.py": env}
    ran = migrations_json(write(tmp_path, files), "--select", "concurrently-under-lock-timeout")
    assert [one["confidence"] for one in ran.findings] == ["medium"] * bool(told)
    assert all(f"lock_timeout is {told} here" in one["message"] for one in ran.findings)
