"""Sessions that an exit stack opens and closes, by the rules that ask what a session's block does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

HEAD = "from contextlib import AsyncExitStack\nasync def f(user):\n    async with AsyncExitStack() as stack:\n"
FIRST = "        a = await stack.enter_async_context(Session())\n"
QUERY = "        await a.execute(text('x'))\n"
WRITES = [
    FIRST + "        a.add(user)  # expect high\n        await a.flush()\n",
    "        a = await stack.enter_async_context(Session.begin())\n        a.add(user)\n",
    FIRST + "        a.add(user)\n        await a.commit()\n",
    FIRST + "        await stack.enter_async_context(a.begin())\n        a.add(user)\n",
    FIRST + "        stack.push_async_callback(a.commit)\n        a.add(user)\n",
    FIRST + "        a.add(user)\n        await save(a)\n",
]
SECOND = [
    FIRST + QUERY + "        async with Session() as b:  # expect high\n            await b.execute(text('y'))\n",
    (
        FIRST + QUERY + "        b = await stack.enter_async_context(Session())  # expect high\n"
        "        await b.execute(text('y'))\n"
    ),
    (
        FIRST + QUERY + "        await a.commit()\n        b = await stack.enter_async_context(Session())\n"
        "        await b.execute(text('y'))\n"
    ),
    FIRST + "        b = await stack.enter_async_context(Session())\n        await b.execute(text('y'))\n" + QUERY,
    FIRST + QUERY + "        b = await stack.enter_async_context(other())\n        await b.execute(text('y'))\n",
    FIRST + QUERY + "    async with Session() as b:\n        await b.execute(text('y'))\n",
]


@pytest.mark.parametrize("body", WRITES)
def test_a_write_is_lost_where_nothing_commits(body: str, tmp_path: Path) -> None:
    check_source(project(HEAD + body), "write-never-committed", tmp_path)


@pytest.mark.parametrize("body", SECOND)
def test_a_second_session_waits_for_the_pool(body: str, tmp_path: Path) -> None:
    check_source(project(HEAD + body), "second-session-inside-first", tmp_path)
