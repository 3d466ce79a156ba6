"""What a class of the project gives its sessions is missing from none of them, for every rule that says so."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

HEAD = "from typing import Generic, TypeVar\nfrom sqlalchemy.ext.asyncio import AsyncSession\nT = TypeVar('T')\n"
CALLED = {"method-missing-on-async-session": "bulk_save_objects", "query-on-async-session": "query"}
# How a session comes by the method, with a place for the expectation behind the call; {0} is its name.
OWN = [
    "class Db(AsyncSession):\n    def {0}(self, *rows): ...\n",
    "class Db(AsyncSession):\n    {0} = property(lambda self: self.sync_session.{0})\n",
    "class Db(AsyncSession):\n    def __getattr__(self, name): ...\n",
    "class Base(AsyncSession):\n    {0} = other = None\nclass Db(Base): ...\n",
    "class Mixin:\n    def {0}(self, *rows): ...\nclass Db(Mixin, AsyncSession): ...\n",
    "from somewhere import Mixin\nclass Db(Mixin, AsyncSession): ...\n",
    "Db = AsyncSession\ndef own(self, *rows): ...\nAsyncSession.{0} = own\n",
]
NOT_OWN = [
    "Db = AsyncSession\n",
    "class Db(AsyncSession): ...\n",
    "class Db(AsyncSession, Generic[T]):\n    other = None\n",
]


@pytest.mark.parametrize(("rule", "own"), list(product(CALLED, OWN)))
def test_what_the_project_defines_is_there(rule: str, own: str, tmp_path: Path) -> None:
    name = CALLED[rule]
    check_source(f"{HEAD}{own.format(name)}async def f(db: Db, row):\n    db.{name}(row)\n", rule, tmp_path)


@pytest.mark.parametrize(("rule", "own"), list(product(CALLED, NOT_OWN)))
def test_what_nobody_defines_is_not(rule: str, own: str, tmp_path: Path) -> None:
    name = CALLED[rule]
    called = f"async def f(db: Db, row):\n    db.{name}(row)"
    check_source(f"{HEAD}{own}{called}  # expect high\n", rule, tmp_path / "plain")
    asked = called.replace("    db", f"    if hasattr(db, '{name}'):\n        db")
    check_source(f"{HEAD}{own}{asked}\n", rule, tmp_path / "asked")
