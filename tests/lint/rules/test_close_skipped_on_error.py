"""A `close` that an error or an early return skips is found; one that is always reached is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, lint_source
from tests.support.lint_heads import LEAKS

RULE = "close-skipped-on-error"
SKIPPED = """\
async def after_an_await():
    s = Factory()
    await s.execute(select(1))
    await s.close()  # expect high

async def after_a_yield():
    s = Factory()
    yield s
    await s.close()  # expect high

async def after_a_return(x):
    s = Factory()
    if x:
        return None
    await s.close()  # expect high

async def handler_leaves():
    s = Factory()
    try:
        await s.execute(select(1))
    except Exception:
        raise
    await s.close()  # expect high
"""
NOT_SKIPPED = """\
async def in_finally():
    s = Factory()
    try:
        await s.execute(select(1))
    finally:
        await s.close()

async def caught():
    s = Factory()
    try:
        await s.execute(select(1))
    except Exception:
        print("failed")
    await s.close()

async def on_both_ways():
    s = Factory()
    try:
        await s.execute(select(1))
    except Exception:
        await s.close()
        raise
    await s.close()

async def nothing_between():
    s = Factory()
    await s.close()

class Unit:
    async def start(self):
        self.session = Factory()
        await self.session.execute(select(1))
    async def stop(self):
        await self.session.close()

async def other_branch(x):
    if x:
        s = Factory()
        await s.close()
    else:
        return 1
"""


@pytest.mark.parametrize("code", [SKIPPED, NOT_SKIPPED], ids=["skipped", "not skipped"])
def test_a_close_that_an_error_skips_is_found(code: str, tmp_path: Path) -> None:
    check_source(LEAKS + code, RULE, tmp_path)


def test_a_test_that_fails_anyway_is_told_only_to_those_who_ask(tmp_path: Path) -> None:
    code = LEAKS + "async def test_f():\n    s = Factory()\n    await s.flush()\n    await s.close()  # expect low\n"
    check_source({"tests/test_f.py": code}, RULE, tmp_path)


def test_a_fixture_outside_of_test_paths_is_one_of_tests(tmp_path: Path) -> None:
    body = "async def session():\n    s = Factory()\n    yield s\n    await s.close()  # expect {}\n"
    check_source(
        {"plugin.py": LEAKS + "import pytest\n@pytest.fixture\n" + body.format("low")}, RULE, tmp_path / "fixture"
    )
    check_source({"plugin.py": LEAKS + body.format("high")}, RULE, tmp_path / "plain")


PLAIN = """\
from fastapi import Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
engine = create_engine("postgresql://h/d")
def get_db():
    db = Session(engine)
{body}
def endpoint(db: Session = Depends({given})): ...
"""


@pytest.mark.parametrize(
    ("body", "given"),
    [
        ("    yield db\n    db.close()  # expect medium", "get_db"),
        ("    try:\n        yield db\n    finally:\n        db.close()", "get_db"),
        ("    with db:\n        yield db\n    db.close()", "get_db"),
        ("    yield db\n    db.close()", "other"),
        ("    yield db\n    db.commit()", "get_db"),
    ],
)
def test_a_plain_session_that_a_dependency_lends(body: str, given: str, tmp_path: Path) -> None:
    check_source(PLAIN.format(body=body, given=given), "close-skipped-on-error", tmp_path)


EXIT = """\
import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession
class Unit:
    def __init__(self, session: AsyncSession, pool: asyncpg.Pool):
        self.session = session
        self.pool = pool
    async def __aexit__(self, kind, error, trace):
"""


@pytest.mark.parametrize(
    "body",
    [
        "        await self.session.commit()\n        await self.session.close()  # expect high\n",
        (
            "        if kind is None:\n            await self.session.commit()\n        else:\n"
            "            await self.session.rollback()\n        await self.session.close()  # expect high\n"
        ),
        "        await self.transaction.commit()\n        await self.pool.release(self.connection)  # expect high\n",
        "        try:\n            await self.session.commit()\n        finally:\n            await self.session.close()\n",
        (
            "        try:\n            await self.session.commit()\n        except Exception:\n"
            "            await self.session.rollback()\n        await self.session.close()\n"
        ),
        "        await self.session.rollback()\n        await self.session.close()\n",
        "        await self.session.close()\n        await self.other.commit()\n",
    ],
)
def test_the_end_of_a_unit_of_work(body: str, tmp_path: Path) -> None:
    check_source(EXIT + body, RULE, tmp_path)


PROVIDED = """\
from collections.abc import AsyncIterator
{imported}
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
class Database(Provider):
    @provide(scope=Scope.REQUEST)
    async def session(self, make: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
        session = make()
        {before}yield session
        await session.close(){mark}
"""


@pytest.mark.parametrize(
    ("imported", "before", "is_skipped"),
    [
        ("from dishka import Provider, Scope, provide", "", False),
        ("from dishka import Provider, Scope, provide", "await session.execute(text('select 1'))\n        ", True),
        ("from elsewhere import Provider, Scope, provide", "", True),
    ],
)
def test_a_container_that_sends_errors_skips_nothing(
    imported: str, before: str, is_skipped: bool, tmp_path: Path
) -> None:
    mark = "  # expect high" if is_skipped else ""
    check_source(PROVIDED.format(imported=imported, before=before, mark=mark), RULE, tmp_path)


BOUND = """\
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
async def upgrade(given: {given}):
    session = AsyncSession({bind})
    await session.execute(text("x"))
    await session.close(){mark}
"""


@pytest.mark.parametrize(
    ("name", "mark"), [("connection", ""), ("db_conn", ""), ("engine", "  # expect high"), ("bind", "  # expect high")]
)
def test_a_connection_is_told_by_its_name_where_nobody_says_what_it_is(name: str, mark: str, tmp_path: Path) -> None:
    code = BOUND.format(given="object", bind="given", mark=mark).replace("given: object", name)
    check_source(code.replace("AsyncSession(given)", f"AsyncSession({name})"), RULE, tmp_path)


@pytest.mark.parametrize("bind", ["given", "bind=given", "bind=given, expire_on_commit=False"])
@pytest.mark.parametrize(("given", "mark"), [("AsyncConnection", ""), ("AsyncEngine", "  # expect high")])
def test_a_session_on_a_connection_of_somebody_else_takes_none(
    given: str, mark: str, bind: str, tmp_path: Path
) -> None:
    check_source(BOUND.format(given=given, bind=bind, mark=mark), RULE, tmp_path)
    left = BOUND.format(given=given, bind=bind, mark="").replace("    await session.close()\n", "")
    check_source(
        left.replace(f"AsyncSession({bind})", f"AsyncSession({bind}){mark}"), "unclosed-session", tmp_path / "left"
    )


SCRIPT = """\
async def session_of():
    return Factory()

async def fill():
    s = await session_of()
    await s.execute(select(1))
    await s.close(){mark}

async def main():
    {step}

{guard}
"""
AT_THE_END = "if __name__ == '__main__':\n    asyncio.run({target}())"


@pytest.mark.parametrize(
    ("step", "guard", "told"),
    [
        ("await fill()", AT_THE_END.format(target="main"), False),
        ("pass", AT_THE_END.format(target="fill"), False),
        ("await fill()", "", True),
        ("pass", AT_THE_END.format(target="main"), True),
        ("while True:\n        await fill()", AT_THE_END.format(target="main"), True),
        (
            "try:\n        await fill()\n    except ValueError:\n        await fill()",
            AT_THE_END.format(target="main"),
            True,
        ),
    ],
)
def test_an_error_that_ends_the_process(step: str, guard: str, told: bool, tmp_path: Path) -> None:
    code = SCRIPT.format(step=step, guard=guard, mark="  # expect high" * told)
    check_source(f"{LEAKS}import asyncio\n{code}", RULE, tmp_path)


def test_a_session_that_a_coroutine_gives_is_awaited_in_the_remedy(tmp_path: Path) -> None:
    (found,) = lint_source(f"{LEAKS}{SCRIPT.format(step='await fill()', guard='', mark='')}", RULE, tmp_path)
    assert found.remedy == "async with await session_of() as s:\n    ..."
