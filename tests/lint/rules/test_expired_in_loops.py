"""`expired-after-commit` of objects from before a loop that commits in each round, and of relationships that queries fetch by
themselves: gone with the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

RULE = "expired-after-commit"
LOOP = """\
async def f(db: AsyncSession, names, other: AsyncSession):
    user = {user}
    for name in names:
        {first}
        {read}{mark}
        {cause}
        {last}
"""
PARTS = {
    "user": "await db.get_one(User, 1)", "first": "print(name)", "read": "db.add(Order(user_id=user.id))",
    "cause": "await db.commit()", "last": "print(name)",
}  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({}, True),
        ({"user": "(await db.scalars(select(User))).one()"}, True),
        ({"read": "print(user.groups)"}, True),  # queries fetch it, and a commit takes it
        ({"first": "if name: continue"}, True),
        ({"first": "await db.scalar(select(Order.id).where(Order.user_id == 1))"}, True),
        ({"read": "print(name)"}, False),
        ({"cause": "await other.commit()"}, False),
        ({"cause": "await db.flush()"}, False),
        ({"last": "return"}, False),
        ({"last": "await db.refresh(user)"}, False),
        ({"first": "await db.scalars(select(User))"}, False),
        ({"first": "user = await db.get_one(User, name)"}, False),
        ({"user": "User()"}, False),
        ({"read": "print(user.notes)"}, False),  # refuses by itself, loaded or not
    ],
)
def test_a_commit_of_each_round_empties_what_was_loaded_before(
    parts: dict[str, str], told: bool, tmp_path: Path
) -> None:
    source = LOOP.format(**(PARTS | parts), mark="  # expect medium" if told else "")
    check_source(project(source), RULE, tmp_path)


def test_nothing_is_told_where_the_session_keeps_values(tmp_path: Path) -> None:
    check_source(project(LOOP.format(**PARTS, mark=""), options=", expire_on_commit=False"), RULE, tmp_path)


@pytest.mark.parametrize(
    ("expire", "read", "told"),
    [
        ('db.expire(user, ["groups"])', "user.groups", True),
        ("db.expire(user)", "user.groups", True),
        ('db.expire(user, ["groups"])', "user.name", False),
        ('db.expire(user, ["groups"])\n    await db.refresh(user, ["groups"])', "user.groups", False),
        ('db.expire(user, ["notes"])', "user.notes", False),
        ("await db.rollback()", "user.groups", True),
    ],
)
def test_a_relationship_that_queries_fetch_is_gone_with_the_rest(
    expire: str, read: str, told: bool, tmp_path: Path
) -> None:
    source = (
        "async def f(db: AsyncSession):\n    user = await db.get_one(User, 1)\n"
        f"    {expire}\n    return [one for one in {read}]{'  # expect high' if told else ''}\n"
    )
    check_source(project(source), RULE, tmp_path)
