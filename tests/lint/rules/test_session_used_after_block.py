"""`session-used-after-block`: uses behind the `with` that closed the session; another binding or a close is silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

RULE = "session-used-after-block"
USES = ("commit()", "refresh(user)", "execute(text('x'))", "scalar(text('x'))")
SYNC = (
    "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import Session as Sync\nengine2 = create_engine('x')\n"
)
FOUND = (
    "async def f():\n    async with engine.connect() as c:\n        pass\n    await c.execute(text('x'))  # expect high\n",
    "async def f():\n    async with engine.begin() as c:\n        pass\n    await c.commit()  # expect high\n",
    (
        "import asyncpg\nasync def f(pool: asyncpg.Pool):\n    async with pool.acquire() as c:\n        pass\n"
        "    await c.fetch('x')  # expect high\n"
    ),
    SYNC + "def f():\n    with Sync(engine2) as s:\n        pass\n    s.commit()  # expect high\n",
    (
        "async def f(users):\n    for one in users:\n        async with Session() as s:\n            s.add(one)\n"
        "    await s.commit()  # expect high\n"
    ),
    (
        "async def f():\n    try:\n        async with Session() as s:\n            pass\n    except ValueError:\n        return\n"
        "    await s.commit()  # expect high\n"
    ),
    "async def f():\n    async with Session() as s, s.begin():\n        pass\n    s.add(User())  # expect high\n",
    "async def f():\n    async with Session.begin() as s:\n        pass\n    await s.refresh(1)  # expect high\n",
    SYNC + "def f():\n    with Sync(engine2) as s:\n        pass\n    return s.query(User).first()  # expect high\n",
    SYNC
    + "def f():\n    with Sync(engine2) as s:\n        pass\n    q = s.query(User)  # expect high\n    return q.all()\n",
    "async def f():\n    async with Session() as s:\n        pass\n    await s.run_sync(lambda s: s.flush())  # expect high\n",
    (
        "async def f(user):\n    async with Session() as s:\n        pass\n    s.add(user)  # expect high\n"
        "    await s.flush()\n"
    ),
    # Closing it gives no uncommitted change back.
    "async def f():\n    async with Session() as s:\n        pass\n    await s.commit()  # expect high\n    await s.close()\n",
)
SILENT = (
    # The close has emptied it: there is nothing that a flush could send.
    "async def f():\n    async with Session() as s:\n        pass\n    await s.flush()\n",
    SYNC + "def f():\n    with Sync(engine2) as s:\n        s.add(1)\n    s.flush()\n    return 1\n",
    "async def f():\n    async with Session() as s:\n        await s.commit()\n",
    "async def f():\n    async with Session() as s:\n        pass\n    await s.close()\n",
    (
        "async def f():\n    try:\n        async with Session() as s:\n            pass\n    except ValueError:\n"
        "        await s.rollback()\n        raise\n"
    ),
    "async def f():\n    async with Session() as s:\n        pass\n    async with Session() as s:\n        await s.commit()\n",
    "async def f(other):\n    async with Session() as s:\n        pass\n    s = other\n    await s.commit()\n",
    "async def f(s, new):\n    if new:\n        async with Session() as s:\n            pass\n    await s.commit()\n",
    "async def f(s: AsyncSession):\n    async with s:\n        pass\n    await s.commit()\n",
    "async def f():\n    async with Session() as s:\n        def g():\n            return s.add(1)\n        g()\n",
    "async def f():\n    async with open_file() as s:\n        pass\n    await s.commit()\n",
    "async def f():\n    while True:\n        async with Session() as s:\n            await s.commit()\n",
    "async def f():\n    async with Session() as s:\n        pass\n    return s.info\n",
    # The connection goes back where it is closed once more.
    SYNC + "def f():\n    with Sync(engine2) as s:\n        pass\n    s.execute(text('x'))\n    s.close()\n",
    # A query that is compiled and not run.
    SYNC
    + "def f(compiled):\n    with Sync(engine2) as s:\n        pass\n    compiled(s.query(User).join(User.posts))\n",
    # A library's function, which may send nothing.
    (
        "from sqlalchemy.orm import merge_frozen_result\nasync def f(one, result):\n    async with Session() as s:\n"
        "        pass\n    return await s.run_sync(merge_frozen_result, one, result, load=False)\n"
    ),
    # The session of the inner block.
    (
        "async def f(retried):\n    async with Session() as s:\n        pass\n    async with Session() as s:\n"
        "        await retried(lambda: s.execute(text('x')))\n"
    ),
)


@pytest.mark.parametrize("use", USES)
def test_a_use_behind_the_block_is_found(use: str, tmp_path: Path) -> None:
    code = (
        f"async def f(user):\n    async with Session() as s:\n        s.add(user)\n    await s.{use}  # expect high\n"
    )
    check_source(project(code), RULE, tmp_path)


@pytest.mark.parametrize("code", FOUND)
def test_every_kind_of_block_is_known(code: str, tmp_path: Path) -> None:
    check_source(project(code), RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_what_is_open_or_only_closed_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), RULE, tmp_path)


def test_a_manager_of_the_project_is_trusted_less(tmp_path: Path) -> None:
    code = (
        "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def scope():\n"
        "    async with Session() as s:\n        yield s\n"
        "async def f():\n    async with scope() as s:\n        pass\n    await s.commit()  # expect medium\n"
    )
    check_source(project(code), RULE, tmp_path)


@pytest.mark.parametrize(
    "opened", ["Session()", "Session.begin()", "engine.connect()", "engine.begin()"], ids=lambda one: one
)
def test_what_is_returned_out_of_its_block_is_closed(opened: str, tmp_path: Path) -> None:
    code = f"async def f(n):\n    async with {opened} as s:\n        if n:\n            return 1\n        return s  # expect high\n"
    check_source(project(code), RULE, tmp_path)
    check_source(project(code.replace("return s  # expect high", "return s.info")), RULE, tmp_path)


SCOPE = """\
from contextlib import asynccontextmanager
@asynccontextmanager
async def scope():
    async with Session() as s:
        try:
            yield s
            {behind}
        except Exception:
            await s.rollback()
            raise
async def f(user):
    async with {entered} as s:
        s.add(user)
    await s.commit(){mark}
"""


@pytest.mark.parametrize(
    ("behind", "entered", "mark"),
    [
        ("await s.commit()", "scope()", ""),
        ("pass", "Session.begin()", ""),
        ("pass", "scope()", "  # expect medium"),
        ("await other.commit()", "scope()", "  # expect medium"),
        ("await s.commit()", "Session()", "  # expect high"),
    ],
)
def test_a_commit_behind_a_block_that_commits_does_nothing(
    behind: str, entered: str, mark: str, tmp_path: Path
) -> None:
    check_source(project(SCOPE.format(behind=behind, entered=entered, mark=mark)), RULE, tmp_path)


def test_another_use_behind_such_a_commit_is_found(tmp_path: Path) -> None:
    code = SCOPE.format(behind="await s.commit()", entered="scope()", mark="")
    check_source(project(code + "    await s.execute(text('x'))  # expect medium\n"), RULE, tmp_path)
