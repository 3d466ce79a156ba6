"""`fixture-outlives-loop`: fixtures with a wide scope, and the loops their tests run in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

HEAD = "import pytest\nimport pytest_asyncio\nfrom sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n"
FIXTURE = (
    "@pytest_asyncio.fixture(scope={scope}{more})\nasync def engine():{mark}\n"
    "    engine = create_async_engine('postgresql+asyncpg://localhost/shop'{settings})\n    yield engine\n"
    "    await engine.dispose()\n"
)


def files(
    scope: str = "'session'", more: str = "", settings: str = "", mark: str = "", **others: str
) -> dict[str, str]:
    code = HEAD + FIXTURE.format(scope=scope, more=more, settings=settings, mark=mark)
    return {"pyproject.toml": "", "tests/conftest.py": code, **others}


FOUND = "  # expect medium"


@pytest.mark.parametrize("scope", ["'session'", '"module"', "'package'"])
def test_a_wide_scope_with_a_pool_is_found(scope: str, tmp_path: Path) -> None:
    check_source(files(scope, mark=FOUND), "fixture-outlives-loop", tmp_path)


def test_pytest_s_own_fixture_counts_in_automatic_mode(tmp_path: Path) -> None:
    found = files(mark=FOUND, **{"pytest.ini": "[pytest]\nasyncio_mode = auto\n"})
    found["tests/conftest.py"] = found["tests/conftest.py"].replace("pytest_asyncio.fixture", "pytest.fixture")
    check_source(found, "fixture-outlives-loop", tmp_path)


@pytest.mark.parametrize(
    "silent",
    [
        files("'function'"),
        files(more=", loop_scope='session'"),
        files(**{"conftest.py": "import pytest\n@pytest.fixture(scope='session')\ndef event_loop(): ...\n"}),
        files(settings=", poolclass=NullPool"),
        files(**{"pytest.ini": "[pytest]\nasyncio_default_test_loop_scope = session\n"}),
        files(**{"tests/test_a.py": "import pytest\npytestmark = pytest.mark.asyncio(loop_scope='session')\n"}),
        {name: text.replace("pytest_asyncio.fixture", "pytest.fixture") for name, text in files().items()},
        {name: text + "\n@pytest.fixture\ndef event_loop(): ...\n" for name, text in files().items() if "conf" in name},
        {
            "tests/conftest.py": "import pytest_asyncio\n@pytest_asyncio.fixture(scope='session')\nasync def n():\n    yield 1\n"
        },
    ],
)
def test_one_loop_for_all_or_nothing_to_keep_is_not(silent: dict[str, str], tmp_path: Path) -> None:
    check_source(silent, "fixture-outlives-loop", tmp_path)


TEST = "import pytest\n@pytest.mark.asyncio{scope}\nasync def test_one(engine): ...\n"


@pytest.mark.parametrize(
    ("scope", "configured", "mark"),
    [
        ("", "", FOUND),
        ("", "[pytest]\nasyncio_default_fixture_loop_scope=session\n", FOUND),
        ("(loop_scope='session')", "", ""),
        ("", "[pytest]\nasyncio_default_test_loop_scope=session\n", ""),
    ],
)
def test_the_loop_of_a_fixture_is_not_the_one_of_its_tests(
    scope: str, configured: str, mark: str, tmp_path: Path
) -> None:
    others = {"tests/test_one.py": TEST.format(scope=scope), "pytest.ini": configured}
    check_source(files(more=", loop_scope='session'", mark=mark, **others), "fixture-outlives-loop", tmp_path)


MODULE = """\
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
engine = create_async_engine({made}){mark}
{head}
async def test_one():
    async with engine.begin() as connection:
        await connection.execute(text("SELECT 1"))
{between}
async def test_two():
    async with engine.{second}() as connection:
        await connection.execute(text("SELECT 2"))
"""
URL = '"postgresql+asyncpg://localhost/t"'
MARKED = "pytestmark = pytest.mark.asyncio"


@pytest.mark.parametrize(
    ("made", "head", "between", "second", "told"),
    [
        (URL, MARKED, "", "connect", True),
        (URL, "@pytest.mark.asyncio", "@pytest.mark.asyncio", "begin", True),
        (URL, "@pytest.mark.asyncio", "", "begin", False),
        (URL, "", "", "begin", False),
        (f"{URL}, poolclass=None", MARKED, "", "begin", False),
        ('"sqlite+aiosqlite:///x.db"', MARKED, "", "begin", False),
        (URL, 'pytestmark = pytest.mark.asyncio(loop_scope="module")', "", "begin", False),
        (URL, MARKED, "async def test_end():\n    await engine.dispose()", "begin", False),
    ],
)
def test_an_engine_of_a_test_module_is_used_by_two_of_its_tests(
    made: str, head: str, between: str, second: str, told: bool, tmp_path: Path
) -> None:
    code = MODULE.format(made=made, mark="  # expect medium" if told else "", head=head, between=between, second=second)
    code = code if not told else code.replace("from sqlalchemy.pool import NullPool\n", "")
    check_source({"pyproject.toml": "", "test_shop.py": code}, "fixture-outlives-loop", tmp_path)


def test_an_engine_of_a_test_module_that_pytest_runs_by_itself(tmp_path: Path) -> None:
    code = MODULE.format(made=URL, mark="  # expect medium", head="", between="", second="begin")
    code = code.replace("from sqlalchemy.pool import NullPool\n", "")
    automatic = "[tool.pytest.ini_options]\nasyncio_mode = 'auto'\n"
    check_source({"pyproject.toml": automatic, "test_shop.py": code}, "fixture-outlives-loop", tmp_path)
    wide = automatic + "asyncio_default_test_loop_scope = 'session'\n"
    code = code.replace("# expect medium", "")
    check_source({"pyproject.toml": wide, "test_shop.py": code}, "fixture-outlives-loop", tmp_path)


USER = "\n\n@pytest.fixture\nasync def database(engine):\n    yield {use}\n"


@pytest.mark.parametrize(
    ("use", "mark"),
    [("engine.url.set(database='one')", ""), ("engine", FOUND), ("(engine.url, engine.connect())", FOUND)],
)
def test_a_fixture_of_which_only_the_address_is_read_keeps_nothing_open(use: str, mark: str, tmp_path: Path) -> None:
    found = files(mark=mark)
    found["tests/conftest.py"] += USER.format(use=use)
    check_source(found, "fixture-outlives-loop", tmp_path)


def test_a_test_beside_may_take_connections(tmp_path: Path) -> None:
    found = files(mark=FOUND, **{"tests/test_a.py": "async def test_one(engine): ...\n"})
    found["tests/conftest.py"] += USER.format(use="engine.url")
    check_source(found, "fixture-outlives-loop", tmp_path)


PLAIN = (
    "import pytest\nfrom sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine\n"
    "@pytest.fixture(scope='session')\ndef engine():{mark}\n"
    "    engine = create_async_engine('postgresql+asyncpg://localhost/shop'{settings})\n    yield {given}\n"
)


@pytest.mark.parametrize(
    ("given", "settings", "tests", "told"),
    [
        ("engine", "", TEST.format(scope=""), True),
        ("async_sessionmaker(engine)()", "", TEST.format(scope=""), True),
        ("engine", ", poolclass=NullPool", TEST.format(scope=""), False),
        ("engine", "", TEST.format(scope="(loop_scope='session')"), False),
        ("engine", "", "def test_one(engine): ...\n", False),
        ("engine", "", TEST.format(scope="").replace("(engine)", "(client)"), False),
        ("engine.url", "", TEST.format(scope=""), False),
    ],
)
def test_a_plain_fixture_lends_what_connects_in_the_loops_of_tests(
    given: str, settings: str, tests: str, told: bool, tmp_path: Path
) -> None:
    conftest = PLAIN.format(mark=FOUND * told, settings=settings, given=given)
    sources = {"pyproject.toml": "", "tests/conftest.py": conftest, "tests/test_a.py": tests}
    check_source(sources, "fixture-outlives-loop", tmp_path)


@pytest.mark.parametrize(("scope", "told"), [("", True), ("(loop_scope='session')", False)])
def test_a_pool_of_asyncpg(scope: str, told: bool, tmp_path: Path) -> None:
    conftest = (
        "import asyncpg\nimport pytest_asyncio\n@pytest_asyncio.fixture(scope='session', loop_scope='session')\n"
        f"async def engine():{FOUND * told}\n    async with asyncpg.create_pool('postgresql://x') as pool:\n        yield pool\n"
    )
    sources = {"pyproject.toml": "", "tests/conftest.py": conftest, "tests/test_a.py": TEST.format(scope=scope)}
    check_source(sources, "fixture-outlives-loop", tmp_path)


def test_a_plain_fixture_reaches_the_tests_by_an_async_one_for_each(tmp_path: Path) -> None:
    conftest = PLAIN.format(mark=FOUND, settings="", given="engine") + (
        "import pytest_asyncio\n@pytest_asyncio.fixture\nasync def connection(engine):\n    yield engine\n"
    )
    tests = TEST.format(scope="").replace("(engine)", "(connection)")
    sources = {"pyproject.toml": "", "tests/conftest.py": conftest, "tests/test_a.py": tests}
    check_source(sources, "fixture-outlives-loop", tmp_path)


OF_MODULE = (
    "import pytest\nimport pytest_asyncio\nfrom sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine\n"
    "engine = create_async_engine('postgresql+asyncpg://localhost/shop'{settings}){mark}\n"
    "Session = async_sessionmaker(engine)\n@{fixture}\nasync def db():\n    async with Session() as session:\n"
    "        yield session\n@pytest_asyncio.fixture\nasync def client(db):\n    yield db\n{more}"
)


@pytest.mark.parametrize(
    ("parts", "tests", "told"),
    [
        ({}, ("db", "db"), True),
        ({}, ("client", "db"), True),
        ({"fixture": "pytest_asyncio.fixture()"}, ("client", "client"), True),
        ({}, ("db",), False),
        ({}, ("other", "db"), False),
        ({"settings": ", poolclass=NullPool"}, ("db", "db"), False),
        ({"more": "@pytest.fixture(autouse=True)\nasync def end():\n    yield\n    await engine.dispose()\n"}, ("db", "db"), False),
        ({"more": "@pytest.fixture(scope='session')\ndef event_loop(): ...\n"}, ("db", "db"), False),
    ],
)  # fmt: skip
def test_an_engine_of_the_module_behind_a_fixture_of_each_test(
    parts: dict[str, str], tests: tuple[str, ...], told: bool, tmp_path: Path
) -> None:
    named = {"settings": "", "fixture": "pytest_asyncio.fixture", "more": "", "mark": FOUND * told} | parts
    each = "".join(
        TEST.format(scope="").replace("(engine)", f"({one})").replace("test_", f"test_{n}_")
        for n, one in enumerate(tests)
    )
    sources = {"pyproject.toml": "", "tests/conftest.py": OF_MODULE.format(**named), "tests/test_a.py": each}
    check_source(sources, "fixture-outlives-loop", tmp_path)


STORAGE = """\
import asyncpg
_pool = None

async def open_pool(url):
    global _pool
    _pool = await asyncpg.create_pool(url)

async def checked(url):
    pool = await asyncpg.create_pool(url)
    await pool.close()
"""


@pytest.mark.parametrize(
    ("decorator", "call", "test", "told"),
    [
        ('@pytest_asyncio.fixture(scope="session", autouse=True)', "await storage.open_pool('x')", "async def", True),
        ('@pytest_asyncio.fixture(scope="session")', "await storage.open_pool(url='x')", "async def", True),
        ("@pytest_asyncio.fixture(autouse=True)", "await storage.open_pool('x')", "async def", False),
        ('@pytest_asyncio.fixture(scope="session")', "await storage.checked('x')", "async def", False),
        ('@pytest_asyncio.fixture(scope="session")', "await storage.open_pool('x')", "def", False),
    ],
)
@pytest.mark.parametrize("configured", ["", "asyncio_default_test_loop_scope = session\n"])
def test_a_pool_that_a_function_keeps_for_the_fixture(
    decorator: str, call: str, test: str, told: bool, configured: str, tmp_path: Path
) -> None:
    mark = "  # expect medium" if told and not configured else ""
    code = (
        f"import pytest_asyncio\nimport storage\n\n{decorator}\nasync def pool():{mark}\n    {call}\n    yield\n\n"
        f"{test} test_get(pool):\n    assert storage\n"
    )
    files = {"storage.py": STORAGE, "tests/test_storage.py": code}
    check_source(
        files | {"pytest.ini": f"[pytest]\nasyncio_mode = auto\n{configured}"}, "fixture-outlives-loop", tmp_path
    )
