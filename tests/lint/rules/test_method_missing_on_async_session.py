"""Methods of Session that AsyncSession lacks are found where they are called; the sync session's are silent."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from forge_doctor.lint.rules.method_missing_on_async_session import INSTEAD
from tests.support.lint_cases import check_source
from tests.support.lint_heads import QUERIES

RULE = "method-missing-on-async-session"
FOUND = (
    "async def f(db: AsyncSession, rows):\n    db.bulk_save_objects(rows)  # expect high\n",
    "async def f(rows):\n    async with Factory() as s:\n        s.bulk_insert_mappings(User, rows)  # expect high\n",
    "async def f(db: AsyncSession, rows):\n    await db.bulk_update_mappings(User, rows)  # expect high\n",
)
SILENT = (
    "def f(db: Session, rows):\n    db.bulk_save_objects(rows)\n",
    "async def f(db: AsyncSession, rows):\n    await db.run_sync(lambda s: s.bulk_save_objects(rows))\n",
    "async def f(db, rows):\n    db.bulk_save_objects(rows)\n",
    "class Own(AsyncSession):\n    def bulk_save_objects(self, x): ...\nasync def f(db: Own):\n    db.bulk_save_objects([])\n",
    "async def f(compiler):\n    compiler.prepare()\n",
)


@pytest.mark.parametrize("code", FOUND + SILENT)
def test_only_methods_that_are_missing_are_found(code: str, tmp_path: Path) -> None:
    check_source(QUERIES + code, RULE, tmp_path)


@pytest.mark.parametrize("name", sorted(INSTEAD.keys() - {"exec"}))
def test_sqlalchemy_has_them_for_sessions_alone(name: str) -> None:
    assert hasattr(Session, name)
    assert not hasattr(AsyncSession, name)


EXEC = "from sqlalchemy.ext.asyncio import AsyncSession\nasync def f(s: AsyncSession):\n    await s.exec(1)"


def test_exec_is_of_sqlmodels_session_alone(tmp_path: Path) -> None:
    check_source(EXEC + "  # expect high\n", RULE, tmp_path)
    elsewhere = {"module.py": EXEC + "\n", "db.py": "from sqlmodel.ext.asyncio.session import AsyncSession\n"}
    check_source(elsewhere, RULE, tmp_path)
