"""The legacy `query` of a sync session is found when asked for, and rewritten without `await`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, fixed, rule_named
from tests.support.lint_heads import QUERIES

RULE = "legacy-query"
FOUND = (
    "def f(db: Session):\n    return db.query(User).filter(User.id == 1).first()  # expect high\n",
    "def f():\n    with SyncFactory() as s:\n        return s.query(User).count()  # expect high\n",
    "def f(db: Session):\n    for user in db.query(User):  # expect high\n        print(user)\n",
    """\
class Repo:
    def __init__(self, db: Session):
        self.db = db
    def all(self):
        return self.db.query(User).all()  # expect high
""",
    "def f():\n    s = SyncFactory()\n    return s.query(User.id).scalar()  # expect high\n",
    """\
from fastapi import Depends
def get_db():
    with SyncFactory() as s:
        yield s
def f(db=Depends(get_db)):
    return db.query(User).all()  # expect high
""",
)
SILENT = (
    "async def f(db: AsyncSession):\n    return db.query(User)\n",
    "def f(db):\n    return db.query(User)\n",
    "def f(client):\n    return client.query(User)\n",
    "class Own(Session):\n    def query(self, x): ...\ndef f(db: Own):\n    return db.query(User)\n",
    "class Session:\n    def query(self, x): ...\ndef f(db: Session):\n    return db.query(User)\n",
    """\
from unittest.mock import MagicMock
def test_f():
    db = MagicMock(spec=Session)
    db.query(User)
""",
    "from google.cloud import bigquery\ndef f():\n    return bigquery.Client().query('SELECT 1')\n",
    "def f(db: Session):\n    return db.execute(1).all()\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_legacy_query_is_found(code: str, tmp_path: Path) -> None:
    check_source(QUERIES + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_what_is_no_sync_session_is_silent(code: str, tmp_path: Path) -> None:
    check_source(QUERIES + code, RULE, tmp_path)


def test_it_is_an_aid_for_moving_to_asyncio_and_off_unless_asked_for() -> None:
    assert not rule_named(RULE).default


def test_on_a_sync_session_the_rewritten_query_awaits_nothing(tmp_path: Path) -> None:
    code = f"{QUERIES}def f(db: Session):\n    return db.query(User).filter(User.id == 1).all()\n"
    assert "return db.scalars(select(User).where(User.id == 1)).all()\n" in fixed(code, RULE, tmp_path)
