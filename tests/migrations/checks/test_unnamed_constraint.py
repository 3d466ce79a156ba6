"""`unnamed-constraint` sees a constraint that nobody named, unless a convention does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
def upgrade():
    op.create_unique_constraint(None, "orders", ["note"])  # expect high
""",
    """
def upgrade():
    op.create_foreign_key(None, "orders", "customers", ["customer_id"], ["id"])  # expect high
""",
    """
def upgrade():
    with op.batch_alter_table("orders") as b:
        b.create_unique_constraint(None, ["note"])  # expect high
""",
    """
def upgrade():
    op.create_unique_constraint("uq", "orders", ["note"])
""",
    """
def upgrade():
    op.create_unique_constraint(op.f("uq"), "orders", ["note"])
""",
    """
def upgrade():
    op.execute("ALTER TABLE orders ADD UNIQUE (note)")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("unnamed-constraint", case, tmp_path)


@pytest.mark.parametrize("env", ["from shop.models import Base\n", "MetaData(naming_convention={})\n"])
def test_a_naming_convention_names_it(env: str, tmp_path: Path) -> None:
    case = 'def upgrade():\n    op.create_unique_constraint(None, "orders", ["note"])\n'
    models = {"shop/__init__.py": "", "shop/models.py": "from shop.meta import metadata\n",
              "shop/meta.py": "metadata = MetaData(naming_convention=NAMES)\n"}  # fmt: skip
    check_case("unnamed-constraint", case, tmp_path, env, files=models)
