"""An operation in a function of another file stands where the revision calls it: there it is muted and seen to be new."""

from __future__ import annotations

from pathlib import Path

from tests.support.migration_cases import check_case

HELPERS = {
    "shop/__init__.py": "",
    "shop/ddl.py": """
        from alembic import op


        def add_index(table, *columns):
            op.create_index(f"ix_{table}_{columns[0]}", table, list(columns))
    """,
}
CASE = """
from shop.ddl import add_index


def _two(table):
    add_index(table, "note")  # expect high


def upgrade():
    add_index("orders", "status")  # expect high
    _two("orders")
"""


def test_the_finding_stands_in_the_revision(tmp_path: Path) -> None:
    findings = check_case("index-not-concurrent", CASE, tmp_path, files=HELPERS)
    assert {one.related[-1].location.target for one in findings if one.related[-1].location} == {"shop/ddl.py"}
