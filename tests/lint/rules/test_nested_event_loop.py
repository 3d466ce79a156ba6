"""`nested-event-loop`: a loop started where one runs; threads, branches and patched loops are silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, fixed
from tests.support.lint_models import project

RULE = "nested-event-loop"
HEAD = "import asyncio\nasync def load(db: AsyncSession): ...\n"
FOUND = (
    "async def f(db: AsyncSession):\n    return asyncio.run(load(db))  # expect high\n",
    "from asyncio import run\nasync def f(db: AsyncSession):\n    return run(load(db))  # expect high\n",
    "import anyio\nasync def f(db: AsyncSession):\n    anyio.run(load, db)  # expect high\n",
    (
        "async def f(db: AsyncSession):\n    loop = asyncio.get_event_loop()\n"
        "    return loop.run_until_complete(load(db))  # expect high\n"
    ),
    "async def f(db: AsyncSession):\n    return asyncio.get_running_loop().run_until_complete(load(db))  # expect high\n",
    (
        "class S:\n    async def f(self, db: AsyncSession):\n        for n in range(3):\n"
        "            asyncio.run(load(db))  # expect high\n"
    ),
    "from asyncio import run as go\nasync def f(db: AsyncSession):\n    return go(load(db))  # expect high\n",
    (
        "async def f(db: AsyncSession):\n    with asyncio.Runner() as runner:\n"
        "        return runner.run(load(db))  # expect high\n"
    ),
)
SILENT = (
    "def f(db):\n    with asyncio.Runner() as runner:\n        return runner.run(load(db))\n",
    "async def f(db, runner):\n    with db.Runner() as runner:\n        return runner.run(load(db))\n",
    "import contextlib\nasync def f(db):\n    with contextlib.suppress(RuntimeError):\n        asyncio.run(load(db))\n",
    "from subprocess import run as go\nasync def f(db):\n    return go(load(db))\n",
    "def f(db):\n    return asyncio.run(load(db))\n",
    "async def f(db):\n    def work():\n        return asyncio.run(load(db))\n    return await asyncio.to_thread(work)\n",
    "async def f(db):\n    return await asyncio.to_thread(lambda: asyncio.run(load(db)))\n",
    "async def f(db, loop):\n    return loop.run_until_complete(load(db))\n",
    "import subprocess\nasync def f(db):\n    subprocess.run(load(db))\n",
    "async def f(db, nested):\n    if nested:\n        return await load(db)\n    else:\n        return asyncio.run(load(db))\n",
    "async def f(db):\n    return await load(db)\nif __name__ == '__main__':\n    asyncio.run(f(1))\n",
    "import nest_asyncio\nnest_asyncio.apply()\nasync def f(db):\n    return asyncio.run(load(db))\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_loop_inside_a_loop_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(HEAD + code), RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_a_loop_of_its_own_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(HEAD + code), RULE, tmp_path)


def test_a_patch_anywhere_in_the_project_counts(tmp_path: Path) -> None:
    files = project(HEAD + "async def f(db: AsyncSession):\n    return asyncio.run(load(db))\n")
    check_source({**files, "app/main.py": "import nest_asyncio\nnest_asyncio.apply()\n"}, RULE, tmp_path)


def test_the_unsafe_fix_awaits(tmp_path: Path) -> None:
    code = "import asyncio\nasync def load(db): ...\nasync def f(db):\n    return asyncio.run(load(db))\n"
    assert fixed(code, RULE, tmp_path) == code
    assert fixed(code, RULE, tmp_path, unsafe=True).endswith("    return (await load(db))\n")


ENV = "import asyncio\nfrom alembic import context\ndef go():\n    context.run_migrations()\nasync def main(): ...\n"
LIFESPAN = "from alembic import command\nimport asyncio\nasync def lifespan(app):\n    "


@pytest.mark.parametrize(
    ("env", "line"),
    [
        (ENV + "asyncio.run(main())\n", "command.upgrade(config, 'head')  # expect medium"),
        (ENV + "asyncio.run(main())\n", "await asyncio.to_thread(command.upgrade, config, 'head')"),
        (
            ENV + "if config.attributes.get('connection') is None:\n    asyncio.run(main())\n",
            "command.upgrade(config, 'head')",
        ),
        ("from alembic import context\ncontext.run_migrations()\n", "command.upgrade(config, 'head')"),
    ],
)
def test_alembic_runs_an_env_with_a_loop_of_its_own(env: str, line: str, tmp_path: Path) -> None:
    """A command in an `async def`."""
    check_source({"migrations/env.py": env, "app.py": LIFESPAN + line + "\n    yield\n"}, RULE, tmp_path)


HELPERS = "import asyncio\nfrom alembic import command\nasync def work(): ...\n"
INSIDE = [
    ("def go():\n    asyncio.run(work())\n", True),
    ("def go():\n    config = made()\n    command.upgrade(config, 'head')\n", True),
    ("def go():\n    asyncio.new_event_loop().run_until_complete(work())\n", True),
    ("def go():\n    if not running():\n        asyncio.run(work())\n", False),
    ("def go():\n    try:\n        asyncio.run(work())\n    except RuntimeError:\n        pass\n", False),
    ("def go():\n    def inner():\n        asyncio.run(work())\n    start(inner)\n", False),
    ("@in_thread\ndef go():\n    asyncio.run(work())\n", False),
    ("def go():\n    subprocess.run(['x'])\n", False),
    ("async def go():\n    await work()\n", False),
    ("def go():\n    yield asyncio.run(work())\n", False),
]


@pytest.mark.parametrize(("helper", "starts"), INSIDE)
@pytest.mark.parametrize(
    ("line", "is_run"),
    [("go()", True), ("x = go()", True), ("await asyncio.to_thread(go)", False), ("if cold:\n        go()", False)],
)
def test_a_plain_function_that_starts_a_loop(
    helper: str, starts: bool, line: str, is_run: bool, tmp_path: Path
) -> None:
    told = "  # expect medium" * (starts and is_run)
    files = {
        "app/__init__.py": "",
        "app/env.py": ENV + "asyncio.run(main())\n",
        "app/helpers.py": HELPERS + helper,
        "app/main.py": f"import asyncio\nfrom app.helpers import go\nasync def lifespan(app):\n    {line}{told}\n    yield\n",
    }
    check_source(files, RULE, tmp_path)
