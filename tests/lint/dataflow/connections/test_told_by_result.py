"""What a function gives back tells whether it has committed, where each of its ways says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Confidence
from tests.support.lint_cases import check_source
from tests.support.lint_models import project

REMOVE = """\
async def remove(session: AsyncSession, key: int):
    user = await session.get(User, key)
    if user:
        await session.delete(user)
        {commit}
        return {given}
    return {otherwise}
async def f(key: int, db: Annotated[AsyncSession, Depends(get_db)]):
    {uses}
"""
COMMITS = "await session.commit()"
WAIT, TOLD = "await asyncio.sleep(5)", "await asyncio.sleep(5)  # expect medium"


def check(uses: str, tmp_path: Path, commit: str = COMMITS, given: str = "True", otherwise: str = "False") -> None:
    code = REMOVE.format(uses=uses, commit=commit, given=given, otherwise=otherwise)
    check_source(project(f"import asyncio\n{code}"), "network-call-in-transaction", tmp_path, least=Confidence.MEDIUM)


@pytest.mark.parametrize(
    "uses",
    [
        f"if await remove(db, key):\n        {WAIT}\n    else:\n        {TOLD}",
        f"if not await remove(db, key):\n        {TOLD}\n    else:\n        {WAIT}",
        f"if not await remove(db, key):\n        return\n    {WAIT}",
        f"if not await remove(db, key):\n        print(key)\n    {TOLD}",
        f"await remove(db, key)\n    {TOLD}",
    ],
)
def test_where_it_gave_true_it_has_committed(uses: str, tmp_path: Path) -> None:
    check(uses, tmp_path)


@pytest.mark.parametrize(
    ("commit", "given", "otherwise"),
    [
        ("pass", "True", "False"),
        (f"{COMMITS}\n        await session.refresh(user)", "True", "False"),
        (f"if key:\n            {COMMITS}", "True", "False"),
        (COMMITS, "True", "True"),
        (COMMITS, "True", "user"),
        (COMMITS, "key", "False"),
    ],
)
def test_where_a_way_that_gives_true_may_not_have_it_tells_nothing(
    commit: str, given: str, otherwise: str, tmp_path: Path
) -> None:
    check(f"if await remove(db, key):\n        {TOLD}", tmp_path, commit, given, otherwise)
