"""`tests-share-database`: a fixture that gives a session nobody rolls back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

FIXTURE = (
    "import pytest\nfrom app.db import Session\n@pytest.fixture\nasync def db():{mark}\n    async with Session() as s:\n"
    "        yield s\n"
)


@pytest.mark.parametrize(
    "code",
    [
        FIXTURE.format(mark="  # expect medium"),
        FIXTURE.format(mark="") + "        await s.rollback()\n",
        FIXTURE.format(mark="")
        + "@pytest.fixture\nasync def tables(conn):\n    await conn.run_sync(Base.metadata.drop_all)\n",
        FIXTURE.format(mark="").replace("yield s", "yield 1"),
    ],
)
def test_a_database_all_tests_share(code: str, tmp_path: Path) -> None:
    check_source({**project(""), "tests/conftest.py": code}, "tests-share-database", tmp_path)
