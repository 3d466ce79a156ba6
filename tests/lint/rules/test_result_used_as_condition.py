"""A Result whose falsehood is provided for is found; rows, None and guards that lose nothing are silent."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.support.lint_cases import check_source
from tests.support.lint_heads import AWAITS

RULE = "result-used-as-condition"
FOUND = (
    "async def f(s: AsyncSession):\n    r = await s.execute(select(1))\n    if not r:  # expect high\n        return 404\n",
    "async def f(s: AsyncSession):\n    r = await s.scalars(select(1))\n    if not r:  # expect high\n        raise KeyError\n",
    (
        "async def f(s: AsyncSession):\n    r = await s.execute(select(1))\n    if r:  # expect high\n        return r.one()\n"
        "    else:\n        return 404\n"
    ),
    "def f(s: Session):\n    r = s.execute(select(1))\n    if not r:  # expect high\n        return 404\n",
    (
        "async def f(s: AsyncSession):\n    r = (await s.execute(select(1))).scalars()\n"
        "    return None if not r else r.all()  # expect high\n"
    ),
)
SILENT = (
    "async def f(s: AsyncSession):\n    r = (await s.execute(select(1))).first()\n    if not r:\n        return 404\n",
    "async def f(s: AsyncSession):\n    r = await s.scalar(select(1))\n    if not r:\n        return 404\n",
    "async def f(s: AsyncSession):\n    r = (await s.scalars(select(1))).all()\n    if not r:\n        return 404\n",
    "async def f(s: AsyncSession):\n    r = await s.execute(select(1))\n    if r:\n        return r.all()\n",
    (
        "async def f(s: AsyncSession, x):\n    r = None\n    if x:\n        r = await s.execute(select(1))\n    if not r:\n"
        "        return 404\n"
    ),
    "async def f(s: AsyncSession):\n    r = await s.execute(select(1))\n    return not r.all()\n",
    "async def f(s: AsyncSession):\n    r = await s.execute(select(1))\n    if not r.all():\n        return 404\n",
    "async def f(client):\n    r = await client.execute('q')\n    if not r:\n        return 404\n",
    "async def f(s: AsyncSession):\n    r = await s.execute(select(1))\n    r = r.all()\n    if not r:\n        return 404\n",
)


@pytest.mark.parametrize("code", FOUND + SILENT)
def test_only_a_result_is_found(code: str, tmp_path: Path) -> None:
    check_source(AWAITS + code, RULE, tmp_path)


def test_a_result_without_rows_is_true() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        result = connection.execute(text("SELECT 1 WHERE 1 = 0"))
        assert bool(result)
        assert bool(result.scalars())
    engine.dispose()
