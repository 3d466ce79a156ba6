"""Coroutines of a display that is unpacked: what each name, and the one with a star, does with its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

HEAD = "import asyncio\nasync def f(db: AsyncSession):\n"
CODE = [
    "    x, y = db.get(User, 1), db.get(User, 2)  # expect high\n    return await x\n",
    "    x, *y = [db.get(User, 1), db.get(User, 2)]  # expect high\n    return await x\n",
    "    x, *y = [db.get(User, 1), db.get(User, 2)]  # expect high\n    print(len(y))\n    return await x\n",
    "    *y, x = [db.get(User, 1), db.get(User, 2)]  # expect high\n    return await x\n",
    "    x, y = db.get(User, 1), db.get(User, 2)\n    return await asyncio.gather(x, y)\n",
    "    x, *y = [db.get(User, 1), db.get(User, 2)]\n    return await asyncio.gather(x, *y)\n",
    "    *y, x = [db.get(User, 1), db.get(User, 2)]\n    for one in y:\n        await one\n    return await x\n",
    "    x, *y = [*more, db.get(User, 2)]\n    return await x\n",
    "    def inner():\n        return y\n    x, y = db.get(User, 1), db.get(User, 2)\n    await x\n    await inner()\n",
    "    x, *_ = await db.get(User, 1), 2\n    return x\n",
]


@pytest.mark.parametrize("body", CODE)
def test_each_name_has_its_own(body: str, tmp_path: Path) -> None:
    check_source(project(HEAD + body), "unawaited-session-call", tmp_path)
