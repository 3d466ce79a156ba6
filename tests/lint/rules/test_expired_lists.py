"""`expired-after-commit` of lists: a commit empties all objects of its session, and the first that is walked over fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

RULE = "expired-after-commit"
MARK = "  # expect medium"
BEHIND = """\
async def f(names, other: AsyncSession, keep):
    async with Session() as db:
        users = {users}
        {before}
        {cause}
        {between}
        {walk}{mark}
    {late}
"""
LOADED = {
    "users": "(await db.scalars(select(User))).all()", "before": "print(len(users))", "cause": "await db.commit()",
    "between": "print(names)", "walk": "return [user.name for user in users]", "late": "return users",
}  # fmt: skip
KEYED = LOADED | {"before": "by_name = {one.name: one for one in users if one.id}"}
WALK = {"walk": "return [one.name for one in by_name.values()]"}
MADE = LOADED | {"users": "[User(name=one) for one in names]", "before": "db.add_all(users)"}


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (LOADED, True),
        (LOADED | {"walk": "for user in users: print(user.name)"}, True),
        (LOADED | {"walk": "print({user.id: user for user in users})"}, True),
        (LOADED | {"users": "(await db.execute(select(User))).scalars().all()"}, True),
        (MADE, True),
        (MADE | {"walk": "for user in users: print(user.id)"}, True),
        (LOADED | {"cause": "await db.rollback()"}, True),
        (LOADED | {"walk": "for number, user in enumerate(users, 1): print(number, user.name)"}, True),
        (LOADED | {"walk": "for number, user in users: print(user.name)"}, False),
        (KEYED | {"walk": "for name, user in by_name.items(): print(user.name)"}, True),
        (KEYED | {"walk": "return [user.name for user in by_name.values()]"}, True),
        (KEYED | {"walk": "return [user.name for name, user in by_name.items() if name]"}, True),
        (KEYED | {"walk": "for name, user in by_name.items(): print(name)"}, False),
        (KEYED | {"walk": "for user in by_name: print(user.name)"}, False),
        (KEYED | {"walk": "for name, user in by_name.items(): user.name = name"}, False),
        (KEYED | WALK | {"between": "await db.execute(select(User))"}, False),
        (KEYED | WALK | {"before": "by_name = {one.name: one.id for one in users}"}, False),
        (KEYED | WALK | {"before": "by_name = {one.name: one for one in names}"}, False),
        (LOADED | {"walk": "for user in users: user.name = names"}, False),
        (LOADED | {"walk": "for user in users: print(user.label())"}, True),
        (LOADED | {"between": "for user in users: await db.refresh(user)"}, False),
        (LOADED | {"between": "await db.execute(select(User))"}, False),
        (LOADED | {"between": "await keep(users)"}, False),
        (LOADED | {"between": "users = keep(users)"}, False),
        (LOADED | {"before": "db.expunge_all()"}, False),
        (LOADED | {"cause": "await other.commit()"}, False),
        (LOADED | {"cause": "if names: await db.commit()"}, False),
        (LOADED | {"users": "(await other.scalars(select(User))).all()"}, False),
        (LOADED | {"users": "[one.name for one in (await db.scalars(select(User))).all()]"}, False),
        (MADE | {"before": "print(users)"}, False),
        (MADE | {"before": "other.add_all(users)"}, False),
        (MADE | {"cause": "await db.rollback()"}, False),
    ],
)
def test_each_of_a_list_is_read_behind_what_empties_it(parts: dict[str, str], told: bool, tmp_path: Path) -> None:
    check_source(project(BEHIND.format(**parts, mark=MARK * told)), RULE, tmp_path)


def test_a_factory_that_keeps_what_was_loaded(tmp_path: Path) -> None:
    check_source(project(BEHIND.format(**LOADED, mark=""), options=", expire_on_commit=False"), RULE, tmp_path)


def test_behind_the_end_of_the_block_that_commits(tmp_path: Path) -> None:
    code = BEHIND.format(**LOADED | {"cause": "print()", "walk": "print()"}, mark="").replace(
        "Session()", "Session.begin()"
    )
    code = code.replace("return users", f"return [user.name for user in users]{MARK}")
    check_source(project(code), RULE, tmp_path)


ROUND = """\
async def f(names, other: AsyncSession):
    async with Session() as db:
        users = (await db.scalars(select(User))).all()
        for user in users:
            print({read}){mark}
            {work}
            {cause}
"""
ROUNDS = {"read": "user.name", "work": "user.age = 1", "cause": "await db.commit()"}


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({}, True),
        ({"cause": "if user: await db.commit()"}, True),
        ({"read": "names"}, False),
        ({"work": "await db.refresh(user)"}, False),
        ({"work": "other.add(user)", "cause": "await other.commit()"}, False),
        ({"cause": "await db.commit()\n            break"}, False),
        ({"cause": "await db.commit()\n            return"}, False),
    ],
)
def test_a_commit_in_the_loop_empties_those_of_the_next_rounds(
    parts: dict[str, str], told: bool, tmp_path: Path
) -> None:
    code = ROUND.format(**(ROUNDS | parts), mark=MARK * told)
    check_source(project(code), RULE, tmp_path)


APPENDED = """\
async def f(names, other: AsyncSession, keep):
    async with Session() as db:
        users = []
        for name in names:
            user = {made}
            {added}
            users.{append}
        {between}
        await db.commit()
        {behind}
        return [user.{read} for user in users]{mark}
"""
FILLED = {
    "made": "User(name=name)", "added": "db.add(user)", "append": "append(user)", "between": "print(names)",
    "behind": "print(len(users))", "read": "id",
}  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (FILLED, True),
        (FILLED | {"read": "name"}, True),
        (FILLED | {"added": "print(user)", "between": "db.add_all(users)"}, True),
        (FILLED | {"made": "print(name)", "added": "db.add_all(users)", "append": "append(User(name=name))"}, True),
        (FILLED | {"added": "other.add(user)"}, False),
        (FILLED | {"added": "print(user)"}, False),
        (FILLED | {"added": "db.add(user); db.expunge(user)"}, False),
        (FILLED | {"append": "append(name)"}, False),
        (FILLED | {"made": "keep(name)"}, False),
        (FILLED | {"between": "users.extend(keep(names))"}, False),
        (FILLED | {"between": "users = keep(users)"}, False),
        (FILLED | {"behind": "for one in users: await db.refresh(one)"}, False),
        (FILLED | {"behind": "await keep(users)"}, False),
        (FILLED | {"read": "label()"}, True),
    ],
)
def test_a_list_that_was_filled_one_by_one_is_read_behind_the_commit(
    parts: dict[str, str], told: bool, tmp_path: Path
) -> None:
    check_source(project(APPENDED.format(**parts, mark=MARK * told)), RULE, tmp_path)
