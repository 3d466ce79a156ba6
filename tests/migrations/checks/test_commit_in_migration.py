"""`commit-in-migration` sees a commit of the connection or of a session on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import check_case

CASES = [
    """
from sqlalchemy.orm import Session


def upgrade():
    with Session(op.get_bind()) as session:
        session.execute(sa.text("SELECT 1"))
        session.commit()  # expect medium
""",
    """
def upgrade():
    connection = op.get_bind()
    connection.commit()  # expect medium
""",
    """
from sqlalchemy.orm import sessionmaker


def upgrade():
    session = sessionmaker(bind=op.get_bind())()
    session.commit()  # expect medium
""",
    """
def upgrade():
    with op.get_context().autocommit_block():
        op.get_bind().commit()
""",
    """
def upgrade():
    op.execute("SELECT 1")
""",
]


@pytest.mark.parametrize("case", CASES)
def test_the_lines_marked_are_found_and_no_others(case: str, tmp_path: Path) -> None:
    check_case("commit-in-migration", case, tmp_path)
