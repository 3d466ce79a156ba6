"""A driver's connection kept for everybody is found; a pool, one of one task and one that listens are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, lint_source

RULE = "global-driver-connection"
HEAD = "import asyncpg\n"
FOUND = (
    "async def startup(app):\n    app.state.db = await asyncpg.connect(URL)  # expect medium\n",
    "async def on_startup(app):\n    app['db'] = await asyncpg.connect(URL)  # expect medium\n",
    "db = None\nasync def startup():\n    global db\n    db = await asyncpg.connect(URL)  # expect medium\n",
    """\
class Database:
    async def open(self):
        self.db = await asyncpg.connect(URL)  # expect medium

database = Database()
""",
)
SILENT = (
    "async def startup(app):\n    app.state.db = await asyncpg.create_pool(URL)\n",
    "async def one():\n    db = await asyncpg.connect(URL)\n    await db.close()\n",
    "async def read(request):\n    request.state.db = await asyncpg.connect(URL)\n",
    "class Job:\n    async def open(self):\n        self.db = await asyncpg.connect(URL)\n",
    "class Job:\n    async def open(self):\n        self.db = await asyncpg.connect(URL)\n\ndef go():\n    job = Job()\n",
    "async def startup(app):\n    app.state.db = await asyncpg.connect(URL)\n    await app.state.db.add_listener('c', f)\n",
    "import asyncio\ndb = None\nasync def main():\n    global db\n    db = await asyncpg.connect(URL)\nasyncio.run(main())\n",
    "import asyncio\nlock = asyncio.Lock()\nasync def startup(app):\n    app.state.db = await asyncpg.connect(URL)\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_connection_kept_for_everybody_is_found(code: str, tmp_path: Path) -> None:
    check_source(HEAD + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_a_pool_and_what_one_task_uses_are_silent(code: str, tmp_path: Path) -> None:
    check_source(HEAD + code, RULE, tmp_path)


def test_one_that_a_global_name_keeps_is_not_told_as_never_closed(tmp_path: Path) -> None:
    code = HEAD + "db = None\nasync def startup():\n    global db\n    db = await asyncpg.connect(URL)\n"
    assert not lint_source(code, "driver-connection-not-released", tmp_path)


ENTERED = """\
import asyncpg
from psycopg_pool import AsyncConnectionPool
async def lifespan(app, pool: asyncpg.Pool, other: AsyncConnectionPool):
    async with {entered} as conn:
        {kept}{mark}
        yield
"""


@pytest.mark.parametrize(
    ("entered", "kept", "told"),
    [
        ("pool.acquire()", "app.state.conn = conn", True),
        ("other.connection()", "app.state.db_conn = conn", True),
        ("asyncpg.create_pool(URL)", "app.state.conn = conn", False),
        ("pool.acquire()", "request.state.conn = conn", False),
        ("pool.acquire()", "app.state.conn = conn.fetch", False),
    ],
)
def test_a_connection_entered_for_the_life_of_the_application_is_found(
    entered: str, kept: str, told: bool, tmp_path: Path
) -> None:
    code = ENTERED.format(entered=entered, kept=kept, mark="  # expect medium" if told else "")
    check_source(code, RULE, tmp_path)
