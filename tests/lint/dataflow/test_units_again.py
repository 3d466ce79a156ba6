"""A unit of work entered while another of its class keeps a connection, by the rule that asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

UNIT = (
    "class Unit:\n    async def __aenter__(self):\n        self.session = Session()\n        return self\n"
    "    async def __aexit__(self, *error):\n        await self.session.rollback()\n        await self.session.close()\n"
    "    async def commit(self):\n        await self.session.commit()\n"
    "async def audit():\n    async with Unit() as unit:\n        await unit.session.execute(text('x'))\n"
    "async def f():\n    async with Unit() as unit:\n"
)
QUERY = "        await unit.session.get(User, 1)\n"


@pytest.mark.parametrize(
    "body",
    [
        QUERY + "        async with Unit() as inner:  # expect medium\n            await inner.session.get(User, 2)\n",
        QUERY + "        await audit()  # expect medium\n",
        QUERY + "        await unit.commit()\n        await audit()\n",
        QUERY + "    await audit()\n",
        "        await audit()\n",
        QUERY + "        async with Unit() as inner:\n            print(inner)\n",
        QUERY + "        await other(unit)\n        await audit()\n",
    ],
)
def test_two_units_take_two_connections(body: str, tmp_path: Path) -> None:
    check_source(project(UNIT + body), "second-session-inside-first", tmp_path)
