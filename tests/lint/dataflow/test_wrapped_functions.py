"""Decorators of the project that open a session or begin a transaction around the function they are put on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

OPENING = """\
from functools import wraps
from app.db import Session

def with_session(fn):
    @wraps(fn)
    async def inner(*args, **kwargs):
        {before}
        async with Session() as session:
            return await fn({given})
    return inner

def unit(commit=True):
    def decorate(fn):
        @wraps(fn)
        async def inner(*args, **kwargs):
            async with Session() as s, s.begin():
                return await fn(s, *args, **kwargs)
        return inner
    return decorate
"""
FIRST = "session, *args, **kwargs"
NAMED = "*args, session=session, **kwargs"
REUSING = "if 'session' in kwargs:\n            return await fn(*args, **kwargs)"
QUERY = "    key = await session.scalar(select(User.id))\n"


def files(code: str, *, given: str = FIRST, before: str = "") -> dict[str, str]:
    wrap = OPENING.format(given=given, before=before or "pass")
    return {**project("from app.wrap import unit, with_session\n" + code), "app/wrap.py": wrap}


@pytest.mark.parametrize(
    ("at", "given", "before", "body"),
    [
        ("@with_session", FIRST, "", QUERY + "    await count()  # expect medium\n"),
        ("@with_session", NAMED, "", QUERY + "    await count()  # expect medium\n"),
        ("@with_session", FIRST, "", "    await count()\n"),
        ("@with_session", FIRST, "", QUERY + "    await session.commit()\n    await count()\n"),
        ("@with_session", NAMED, "", QUERY + "    await plain(session)\n"),
        # It may work with the session that is given to it.
        ("@with_session", NAMED, REUSING, QUERY + "    await count(session=session)\n"),
        ("@other", FIRST, "", QUERY + "    await count()\n"),
    ],
)
def test_a_function_with_its_session_calls_another_one(
    at: str, given: str, before: str, body: str, tmp_path: Path
) -> None:
    code = (
        f"{at}\nasync def count(session):\n    return await session.scalar(select(User.id))\n"
        "async def plain(session):\n    return await session.scalar(select(User.id))\n"
        f"{at}\nasync def f(session):\n{body}"
    )
    check_source(files(code, given=given, before=before), "second-session-inside-first", tmp_path)


@pytest.mark.parametrize(
    ("at", "parameters", "body"),
    [
        (
            "@unit()",
            "s, client: httpx.AsyncClient",
            "    await s.get(User, 1)\n    await client.get('x')  # expect medium\n",
        ),
        (
            "@with_session",
            "s, client: httpx.AsyncClient",
            "    await s.get(User, 1)\n    await client.get('x')  # expect medium\n",
        ),
        ("@unit()", "s, client: httpx.AsyncClient", "    await client.get('x')\n    await s.get(User, 1)\n"),
        ("@unit()", "client: httpx.AsyncClient, s", "    await s.get(User, 1)\n    await client.get('x')\n"),
        ("@unit()", "s: dict, client: httpx.AsyncClient", "    await s.get(User, 1)\n    await client.get('x')\n"),
        ("@cached()", "s, client: httpx.AsyncClient", "    await s.get(User, 1)\n    await client.get('x')\n"),
    ],
)
def test_what_the_decorator_opens_is_a_session(at: str, parameters: str, body: str, tmp_path: Path) -> None:
    code = f"{at}\nasync def f({parameters}):\n{body}"
    check_source(files(code), "network-call-in-transaction", tmp_path)


BEGINNING = """\
from functools import wraps

def atomic(fn):
    @wraps(fn)
    async def inner({first}, *args, **kwargs):
        {before}
        async with {session}.begin():
            return await fn({first}, *args, **kwargs)
    return inner
"""
SERVICE = """\
from app.tx import atomic

class Users:
    def __init__(self, session: AsyncSession):
        self.session = session

    @atomic
    async def save(self, name):
        self.session.add(User(name=name))

    async def once(self, name):
"""


@pytest.mark.parametrize(
    "body",
    [
        "        await self.session.scalar(select(User))\n        await self.save(name)  # expect medium\n",
        "        await self.session.scalar(select(User))\n        await self.session.rollback()\n        await self.save(name)\n",
        "        await self.save(name)\n        await self.session.scalar(select(User))\n",
        "        await self.session.scalar(select(User))\n        await self.other(name)\n",
    ],
)
def test_a_decorator_begins_on_what_the_object_holds(body: str, tmp_path: Path) -> None:
    wrap = BEGINNING.format(first="self", session="self.session", before="pass").replace("        pass\n", "")
    check_source({**project(SERVICE + body), "app/tx.py": wrap}, "begin-after-query", tmp_path)


@pytest.mark.parametrize(
    ("before", "body"),
    [
        ("", "    await db.scalar(select(User))\n    await save(db, name)  # expect medium\n"),
        ("", "    await db.scalar(select(User))\n    await db.commit()\n    await save(db, name)\n"),
        ("", "    await save(db, name)\n"),
        ("", "    await db.scalar(select(User))\n    await save(other, name)\n"),
        (
            "if db.in_transaction():\n            return await fn(db, *args, **kwargs)",
            "    await db.scalar(select(User))\n    await save(db, name)\n",
        ),
    ],
)
def test_a_decorator_begins_on_what_the_function_is_given(before: str, body: str, tmp_path: Path) -> None:
    wrap = BEGINNING.format(first="db", session="db", before=before or "pass").replace("        pass\n", "")
    code = (
        "from app.tx import atomic\n@atomic\nasync def save(db: AsyncSession, name):\n    db.add(User(name=name))\n"
        f"async def f(db: AsyncSession, other: AsyncSession, name):\n{body}"
    )
    check_source({**project(code), "app/tx.py": wrap}, "begin-after-query", tmp_path)
