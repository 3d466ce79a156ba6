"""`run-sync-misused`: results and coroutine functions given to `run_sync`; plain functions are silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, fixed
from tests.support.lint_models import project

RULE = "run-sync-misused"
HEAD = (
    "from functools import partial\nfrom app.models import Base\nasync def later(s): ...\ndef plain(s, n=0): ...\n"
    "def made(): return plain\nasync def f(db: AsyncSession):\n    async with engine.begin() as c:\n        await "
)
FOUND = (
    "c.run_sync(Base.metadata.create_all())",
    "c.run_sync(Base.metadata.drop_all(engine))",
    "c.run_sync(later)",
    "db.run_sync(later, 1)",
    "db.run_sync(later(db))",
    "db.run_sync(partial(later, 1))",
)
SILENT = (
    "c.run_sync(Base.metadata.create_all)",
    "c.run_sync(Base.metadata.create_all, checkfirst=False)",
    "db.run_sync(plain, 3)",
    "db.run_sync(made())",
    "db.run_sync(partial(plain, n=1))",
    "db.run_sync(lambda s: s.get(User, 1))",
    "(await db.run_sync(later))",
    "unknown.run_sync(later)",
)


@pytest.mark.parametrize("call", FOUND)
def test_what_is_no_plain_function_is_found(call: str, tmp_path: Path) -> None:
    check_source(project(f"{HEAD}{call}  # expect high\n"), RULE, tmp_path)


@pytest.mark.parametrize("call", SILENT)
def test_plain_functions_are_not(call: str, tmp_path: Path) -> None:
    check_source(project(f"{HEAD}{call}\n"), RULE, tmp_path)


def test_the_fix_hands_the_function_over(tmp_path: Path) -> None:
    code = (
        "from sqlalchemy.ext.asyncio import AsyncConnection\nasync def f(c: AsyncConnection, Base):\n"
        "    await c.run_sync(Base.metadata.create_all())\n"
    )
    assert fixed(code, RULE, tmp_path).endswith("run_sync(Base.metadata.create_all)\n")
