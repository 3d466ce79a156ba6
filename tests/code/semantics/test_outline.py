"""What a file tells unparsed: which of its functions may give an object away that a commit has emptied."""

from __future__ import annotations

import pytest

from forge_doctor.code.semantics.names.mentions import REMOVAL
from forge_doctor.code.semantics.names.outline import LateSurface, surface_of

GIVING = (
    "await session.commit()\n    return user",
    "await session.flush()\n    return (user)  # filled",
    "await (\n        session.commit()\n    )\n    return (  # the new one\n        user\n    )",
    "await (session\n        .commit())\n    return user",
    "await gather(\n        session.commit(),\n    )\n    return user",
    "async with session.begin():\n        session.add(user)\n    return user",
    "async def inner():\n        await session.commit()\n    await inner()\n    return user",
)
KEEPING = (
    "await session.commit()\n    return user.id",
    "await session.commit()\n    return None",
    "await session.commit()\n    return shown(user)",
    "await check(user)\n    session.commit()\n    return user",
    "await check(user)\n    done = session.commit()\n    return user",
    "await session.execute(query)\n    return user",
)


@pytest.mark.parametrize("body", GIVING)
def test_what_writes_and_returns_a_name_may_give_an_object_away(body: str) -> None:
    assert "keep" in LateSurface(f"async def keep(session, user):\n    {body}\n".encode()).giving_names


@pytest.mark.parametrize("body", KEEPING)
def test_what_returns_none_or_awaits_no_write_gives_none(body: str) -> None:
    assert LateSurface(f"async def keep(session, user):\n    {body}\n".encode()).giving_names == ()


@pytest.mark.parametrize(
    ("source", "has"),
    [
        ("from sqlalchemy.ext.asyncio import AsyncSession", True),
        ("from company.db import AsyncSession", True),
        ("from sqlalchemy.ext import asyncio as sa\nengine = sa.create_async_engine(url)", True),
        ("from sqlalchemy.orm import Session", False),
        ("import asyncio, aiohttp\nsession = aiohttp.ClientSession()", False),
    ],
)
def test_a_word_of_asyncios_sessions_is_seen(source: str, has: bool) -> None:
    assert surface_of(source.encode()).has_async_sessions is has


@pytest.mark.parametrize(
    ("source", "receiver"),
    [
        (b"await session.remove()\n", "session"),
        (b"stack.push_async_callback(self.sessions.remove )\n", "sessions"),
        (b"await (session\n    .remove())\n", "session"),
        (b"x" * 200 + b".remove()\n", "x" * 81),
    ],
)
def test_what_is_removed_is_the_name_in_front(source: bytes, receiver: str) -> None:
    assert [one.name for one in LateSurface(source).mentions if one.by == REMOVAL] == [receiver]


@pytest.mark.parametrize("source", [b"remove()\n", b"session.remove(user)\n", b"session.removed()\n", b"7 .remove()\n"])
def test_what_removes_something_else_is_no_mention(source: bytes) -> None:
    assert [one for one in LateSurface(source).mentions if one.by == REMOVAL] == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (b"app.state.pool = make()\n", ("pool",)),
        (b"ctx.db: Pool = make()\nstate.db = 1\n", ("db",)),
        (b"my_state.pool = 1\nstate.pool == 1\n", ()),
    ],
)
def test_what_is_set_on_a_state(source: bytes, names: tuple[str, ...]) -> None:
    assert LateSurface(source).state_names == names
