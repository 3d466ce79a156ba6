"""`swallowed-error-without-rollback` follows an error that a called function turns into another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, lint_source
from tests.support.lint_models import project

CONVERTED = """\
class Conflict(Exception): ...
class Users:
    def __init__(self, db):
        self.db = db
    async def save(self, name):
        try:
            self.db.add(User(name=name))
            await self.db.{method}()
        except {caught}:
            {recover}
            raise {raised}
async def save(db, name):
    await Users(db).save(name)
async def bring_in(names):
    async with Session() as session:
        users = Users(session)
        for name in names:
            try:
                await users.save(name)
            except {swallowed}:{told}
                {handled}
            {next}
"""
TOLD = "  # expect medium"
PLAIN = {
    "method": "commit", "caught": "IntegrityError", "recover": "print(name)", "raised": "Conflict(name) from None",
    "swallowed": "Conflict", "handled": "print(name)", "next": "print(name)",
}  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({}, TOLD),
        ({"method": "flush", "swallowed": "Exception", "next": "await session.commit()"}, TOLD),
        ({"handled": "await save(session, 'b')"}, ""),
        ({"swallowed": "(KeyError, Conflict)", "handled": "continue"}, TOLD),
        ({"next": "await save(session, 'b')"}, TOLD),
        ({"recover": "await self.db.rollback()"}, ""),
        ({"handled": "await session.rollback()"}, ""),
        ({"handled": "await users.db.rollback()"}, ""),
        ({"handled": "raise"}, ""),
        ({"handled": "return"}, ""),
        ({"handled": "break"}, ""),
        ({"swallowed": "KeyError"}, ""),
        ({"raised": "KeyError(name)", "swallowed": "KeyError"}, TOLD),
        ({"raised": ""}, ""),
        ({"method": "execute"}, ""),
        ({"caught": "KeyError"}, ""),
        ({"next": "await session.rollback()"}, ""),
        ({"next": "unseen(session)"}, ""),
    ],
)
def test_who_catches_the_other_error_has_a_failed_session(parts: dict[str, str], told: str, tmp_path: Path) -> None:
    code = CONVERTED.format(**(PLAIN | parts), told=told)
    check_source(project(code), "swallowed-error-without-rollback", tmp_path)


@pytest.mark.parametrize(
    "around", ["async with session.begin_nested():\n                    ", "async with Session() as session: "]
)
def test_a_savepoint_or_a_session_of_its_own_is_fine(around: str, tmp_path: Path) -> None:
    code = CONVERTED.format(**PLAIN, told="").replace(
        "                await users", f"                {around}await users"
    )
    if "Session()" in around:
        code = code.replace("await users.save(name)", "await Users(session).save(name)")
    check_source(project(code), "swallowed-error-without-rollback", tmp_path)


LET_OUT = """\
async def save(db: AsyncSession, name):
    db.add(User(name=name))
    {recover}
    await db.{method}()
class Users:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def save(self, name):
        self.db.add(User(name=name))
        await self.db.commit()
class Import:
    def __init__(self, users: Users):
        self.users = users
    async def run(self, names, db: AsyncSession):
        for name in names:
            try:
                await {call}
            except {swallowed}:{told}
                {handled}
"""
OUT = {
    "recover": "print(name)", "method": "flush", "call": "save(db, name)", "swallowed": "Exception", "handled": "continue",
}  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({}, TOLD),
        ({"method": "commit", "swallowed": "SQLAlchemyError", "handled": "print(name)"}, TOLD),
        ({"call": "self.users.save(name)"}, TOLD),
        ({"call": "Users(db).save(name)"}, TOLD),
        ({"call": "Users(unseen).save(name)"}, ""),
        ({"call": "self.users.save(name)", "handled": "await self.users.db.rollback()"}, ""),
        ({"call": "self.users.save(name)", "handled": "await self.undo()"}, ""),
        ({"handled": "await db.rollback()"}, ""),
        ({"handled": "await undo(db)"}, ""),
        ({"handled": "raise"}, ""),
        ({"handled": "return"}, ""),
        ({"swallowed": "ValueError"}, ""),
        ({"recover": "await db.rollback()"}, ""),
        ({"method": "refresh"}, ""),
        ({"call": "save(unseen, name)"}, ""),
    ],
)
def test_what_is_given_or_held_fails_too(parts: dict[str, str], told: str, tmp_path: Path) -> None:
    """A session of the caller's caller, and one inside an object, whose flush nobody catches before."""
    check_source(project(LET_OUT.format(**(OUT | parts), told=told)), "swallowed-error-without-rollback", tmp_path)


HANDED = """\
async def settle(session, key):
{settle}
async def dispatch(db: AsyncSession, key):
    try:
        await db.flush()
    except IntegrityError:{told}
        {calls}
        return False
"""
FAILS = "    user = await session.get(User, key)\n    await session.commit()\n"
SETTLES = {
    FAILS: TOLD,
    "    await log(key)\n" + FAILS: TOLD,
    "    await session.rollback()\n" + FAILS: "",
    FAILS + "    await session.rollback()\n": "",
    "    if not session.is_active:\n        return\n" + FAILS: "",
    "    if key:\n        await session.get(User, key)\n": "",
    "    try:\n        await session.get(User, key)\n    except Exception:\n        pass\n": "",
    "    await further(session, key)\n": "",
    "    await deeper(key, db=session)\nasync def deeper(key, *, db):\n    await db.execute(key)\n": TOLD,
    "    session.info['key'] = key\n": "",
    "    async with session.begin_nested():\n        await session.get(User, key)\n": "",
}


@pytest.mark.parametrize(("settle", "told"), SETTLES.items())
@pytest.mark.parametrize("calls", ["await settle(db, key)", "await settle(key=key, session=db)"])
def test_a_handler_that_hands_the_session_on(settle: str, told: str, calls: str, tmp_path: Path) -> None:
    check_source(
        project(HANDED.format(settle=settle, told=told, calls=calls)), "swallowed-error-without-rollback", tmp_path
    )


def test_a_handler_that_hands_it_to_what_is_not_awaited_or_seen(tmp_path: Path) -> None:
    for calls in ("settle(db, key)", "await unseen(db)", "keep.session = db", "await settle([db], key)"):
        check_source(
            project(HANDED.format(settle=FAILS, told="", calls=calls)), "swallowed-error-without-rollback", tmp_path
        )


ONCE = """\
async def keep(db, name):
    db.add(User(name=name))
    await db.flush()
async def bring_in(db: AsyncSession, name, other):
    try:
        {body}
    except Exception:
        print(name)
    await db.commit()
"""


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("await keep(db, name)\n        await db.commit()", 1),
        ("await keep(db, name)\n        await keep(db, other)", 1),
        ("await db.rollback()", 0),
    ],
)
def test_a_handler_is_told_once_whatever_fails_in_it(body: str, count: int, tmp_path: Path) -> None:
    found = lint_source(project(ONCE.format(body=body)), "swallowed-error-without-rollback", tmp_path)
    assert [one.location.line for one in found] == [20] * count


@pytest.mark.parametrize(
    ("given", "told"), [("", True), (", commit=True", True), (", commit=False", False), (", False", False)]
)
def test_a_commit_that_the_call_leaves_out_fails_not(given: str, told: bool, tmp_path: Path) -> None:
    code = (
        "async def keep(db, name, commit=True):\n    await db.execute(insert(User).values(name=name))\n"
        "    if commit:\n        await db.commit()\n"
        "async def bring_in(db: AsyncSession, names):\n    for name in names:\n        try:\n"
        f"            await keep(db, name{given})\n        except Exception:{TOLD * told}\n            print(name)\n"
    )
    check_source(project(code), "swallowed-error-without-rollback", tmp_path)
