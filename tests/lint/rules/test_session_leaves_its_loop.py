"""`session-leaves-its-loop`: an early way out of a loop over a generator of one session."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Confidence, Severity
from tests.support.lint_cases import check_source, lint_source
from tests.support.lint_models import project

LOOP = "async def f(q):\n    async for s in get_db():\n"
ESCAPES = [
    "class C:\n    async def start(self):\n        async for self.db in get_db():\n            break  # expect high\n",
    LOOP + "        return s  # expect high\n",
    LOOP + "        return {'db': s, 'q': q}  # expect high\n",
    LOOP + "        return [q, s]  # expect high\n",
    LOOP + "        break  # expect high\n    await s.execute(q)\n",
    LOOP + "        own = s\n        break  # expect high\n    await own.execute(q)\n",
]
LATE = [
    "import asyncio\n" + LOOP + "        return await s.scalar(q)  # expect medium\nasyncio.run(f(1))\nawait f(2)\n",
    LOOP + "        return await s.scalar(q)  # expect medium\n",
    LOOP + "        await s.execute(q)\n        break  # expect medium\n",
    LOOP + "        for x in q:\n            break\n        return 1  # expect medium\n",
]
SILENT = [
    (
        "class C:\n    async def start(self):\n        async for self.db in get_db():\n"
        "            await self.db.execute(1)\n"
    ),
    # The event loop ends at once, and closes what is left.
    "import asyncio\n" + LOOP + "        print(await s.scalar(q))\n        return\nasyncio.run(f(1))\n",
    LOOP + "        await s.execute(q)\n",
    LOOP + "        for x in q:\n            break\n",
    LOOP + "        def inner():\n            return 1\n        await s.execute(q)\n",
    (
        "async def many():\n    while True:\n        async with Session() as s:\n            yield s\n"
        "async def f():\n    async for s in many():\n        break\n"
    ),
    "async def rows():\n    yield 1\nasync def f():\n    async for s in rows():\n        return s\n",
    LOOP + "        if not q:\n            raise ValueError\n        await s.execute(q)\n",
]
COMMITS = "async def own():\n    async with Session() as s:\n        yield s\n        await s.commit()\n"


@pytest.mark.parametrize("code", [*ESCAPES, *LATE])
def test_a_way_out_of_the_loop_is_found(code: str, tmp_path: Path) -> None:
    (found,) = check_source(project(code), "session-leaves-its-loop", tmp_path)
    assert (found.severity is Severity.ERROR) is (code in ESCAPES)


@pytest.mark.parametrize("code", SILENT)
def test_a_loop_that_runs_to_its_end_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "session-leaves-its-loop", tmp_path)


@pytest.mark.parametrize("body", ["s.add(User())", "await store(s)", "await s.execute(update(User))"])
def test_the_commit_behind_the_yield_is_skipped(body: str, tmp_path: Path) -> None:
    code = COMMITS + f"async def f():\n    async for s in own():\n        {body}\n        break  # expect medium\n"
    (found,) = check_source(project(code), "session-leaves-its-loop", tmp_path)
    assert "commit" in found.message
    assert found.severity is Severity.ERROR


@pytest.mark.parametrize("body", ["assert isinstance(s, AsyncSession)", "print(s)"])
def test_a_loop_that_only_looks_at_the_session_loses_no_commit(body: str, tmp_path: Path) -> None:
    code = COMMITS + f"async def f():\n    async for s in own():\n        {body}\n        break\n"
    (found,) = lint_source(project(code), "session-leaves-its-loop", tmp_path)
    assert "commit" not in found.message


def test_a_loop_that_commits_itself_loses_nothing(tmp_path: Path) -> None:
    code = (
        COMMITS
        + "async def f():\n    async for s in own():\n        s.add(1)\n        await s.commit()\n        break\n"
    )
    (found,) = lint_source(project(code), "session-leaves-its-loop", tmp_path)
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("name", "least"), [("tests/test_db.py", Confidence.MEDIUM), ("app/db_use.py", Confidence.LOW)]
)
def test_the_loop_of_a_test_closes_what_it_left(name: str, least: Confidence, tmp_path: Path) -> None:
    mark = "" if name.startswith("tests") else "  # expect medium"
    files = project("")
    files[name] = f"from app.db import get_db\n{LOOP}        await s.execute(q)\n        break{mark}\n"
    check_source(files, "session-leaves-its-loop", tmp_path, least=least)
