"""A session kept for everybody is found; factories, scoped sessions and those of one request are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_heads import TASKS
from tests.support.lint_models import project

RULE = "global-session"
LENT = """\
from sqlalchemy.orm import sessionmaker
SyncFactory = sessionmaker()
def lend():
    s = SyncFactory()
    yield s
"""
FOUND = (
    LENT + "def f(db=next(lend())):  # expect high\n    ...\n",
    """\
class Database:
    def __init__(self):
        self.session = AsyncSession(engine)  # expect high
database = Database()
""",
    "session = Factory()  # expect high\n",
    "class Repo:\n    session = AsyncSession(engine)  # expect high\n",
    "async def f(db=Factory()):  # expect high\n    ...\n",
    "from functools import lru_cache\n@lru_cache\ndef f():\n    return Factory()  # expect high\n",
    "db = None\ndef f():\n    global db\n    db = Factory()  # expect high\n",
    "async def f(app):\n    app.state.session = Factory()  # expect high\n",
    "async def startup(ctx):\n    ctx['session'] = Factory()  # expect high\n",
    "async def init_database(app):\n    app['session'] = Factory()  # expect high\n",
    "@broker.on_event(WORKER_STARTUP)\nasync def startup(state):\n    state.session = Factory()  # expect high\n",
    "@app.before_server_start\nasync def begin(app, loop):\n    app.ctx.session = Factory()  # expect high\n",
    "from sqlalchemy.ext.asyncio import AsyncSession as S\nsession: S = S(engine)  # expect high\n",
)
SILENT = (
    LENT + "def f():\n    s = next(lend())\n    s.close()\n",
    "def keys():\n    yield 1\ndef f(key=next(keys())): ...\n",
    """\
class Work:
    def __init__(self):
        self.session = Factory()
async def f():
    async with Work() as work: ...
if __name__ == "__main__":
    work = Work()
""",
    """\
class Database:
    def __init__(self):
        self.session = Factory()
    def renew(self):
        self.session = Factory()
database = Database()
""",
    "session_factory = async_sessionmaker(engine)\nscoped = async_scoped_session(Factory, asyncio.current_task)\n",
    "async def f():\n    async with Factory() as session:\n        return session.add(1)\n",
    "if __name__ == '__main__':\n    session = Factory()\n",
    "make = lambda: Factory()\nasync def f(app):\n    app.state.factory = Factory\n",
    "async def on_job_start(ctx):\n    ctx['session'] = Factory()\n",
    "async def startup(ctx):\n    ctx['factory'] = Factory\n",
    "@broker.on_event(WORKER_STARTUP)\nasync def startup(state):\n    state.factory = Factory\n",
    "async def begin(state):\n    state.session = Factory()\n",
    "async def startup(ctx, jobs):\n    jobs['session'] = Factory()\n",
    "async def f(request):\n    request.ctx.session = Factory()\n",
    "async def f(request):\n    request.state.session = Factory()\n",
    "import requests\nsession = requests.Session()\n",
    "from contextvars import ContextVar\nsession = ContextVar('session')\n",
    "class AsyncSession: ...\nsession = AsyncSession()\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_session_kept_for_everybody_is_found(code: str, tmp_path: Path) -> None:
    check_source(TASKS + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_what_makes_sessions_or_belongs_to_one_request_is_silent(code: str, tmp_path: Path) -> None:
    check_source(TASKS + code, RULE, tmp_path)


LIFESPAN = (
    "from sqlalchemy.ext.asyncio import async_sessionmaker\nfrom contextlib import asynccontextmanager\n"
    "Session = async_sessionmaker()\n@asynccontextmanager\nasync def lifespan(app):\n"
)


@pytest.mark.parametrize(
    "body",
    [
        "    async with Session() as s:\n        app.state.session = s  # expect high\n        yield\n",
        "    async with Session() as s, other():\n        app.state.db = s  # expect high\n        yield\n",
        "    app.state.factory = Session\n    yield\n",
        "    async with Session() as s:\n        app.state.ready = await s.scalar(1)\n    yield\n",
        "    async with Session() as s:\n        app.request.state.session = s\n        yield\n",
    ],
)
def test_a_session_entered_by_the_lifespan_is_shared_by_all_requests(body: str, tmp_path: Path) -> None:
    check_source(LIFESPAN + body, "global-session", tmp_path)


CONTAINER = (
    "from dependency_injector import containers, providers\n"
    "from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine\n"
    "Factory = async_sessionmaker(create_async_engine('postgresql+asyncpg://h/d'))\n"
    "class Container(containers.DeclarativeContainer):\n"
    "    engine = providers.Singleton(create_async_engine, 'postgresql+asyncpg://h/d')\n"
)


@pytest.mark.parametrize(
    "line",
    [
        "    session = providers.Singleton(AsyncSession, engine)  # expect high\n",
        "    session = providers.ThreadSafeSingleton(Factory)  # expect high\n",
        "    session = providers.Factory(AsyncSession, engine)\n",
        "    factory = providers.Singleton(async_sessionmaker, engine)\n",
    ],
)
def test_a_session_that_a_container_makes_once_is_found(line: str, tmp_path: Path) -> None:
    check_source(CONTAINER + line, RULE, tmp_path)


KEEPER = (
    "class Manager:\n    def __init__(self):\n        self.session = None\n        self.name = ''\n"
    "manager = Manager()\ndef make():\n    return Manager()\n"
)
GIVEN = "db: AsyncSession = Depends(get_db)"


@pytest.mark.parametrize(
    ("given", "line", "told"),
    [
        (GIVEN, "manager.session = db", True),
        ("db: Annotated[AsyncSession, Depends(get_db)]", "manager.session = db", True),
        (GIVEN, "own = make()\n    own.session = db", False),
        (GIVEN, "own = Manager()\n    own.session = db", False),
        (GIVEN, "request.session = db", False),
        (GIVEN, "manager.name = name", False),
        ("db: AsyncSession", "manager.session = db", False),
    ],
)
def test_a_request_gives_its_session_to_an_object_of_a_module(
    given: str, line: str, told: bool, tmp_path: Path
) -> None:
    code = f"@router.get('/')\nasync def f(request, name, {given}):\n    {line}{'  # expect high' * told}\n"
    files = project("from app.keeper import Manager, make, manager\nfrom typing import Annotated\n" + code)
    check_source({**files, "app/keeper.py": KEEPER}, RULE, tmp_path)


SERVICE = (
    "class Service:\n    def __init__(self, session=None):\n        self.session = Session()%s\n"
    "from functools import lru_cache\n%s\ndef service():\n    %s\n"
)


@pytest.mark.parametrize(
    ("decorator", "body", "told"),
    [
        ("@lru_cache", "return Service()", True),
        ("@lru_cache(maxsize=1)", "return Service()", True),
        ("", "return Service()", False),
        ("@lru_cache", "return len(Service().session.new)", False),
    ],
)
def test_a_cached_function_gives_everybody_the_object_that_keeps_one(
    decorator: str, body: str, told: bool, tmp_path: Path
) -> None:
    code = SERVICE % ("  # expect high" * told, decorator, body)
    check_source(project(code), RULE, tmp_path)


LAZY = """\
class Manager:
    def __init__(self):
        self.kept: AsyncSession | None = None
    def session(self):
        if {asked}:
            self.kept = Factory(){mark}
        return self.kept
{end}"""
LENT = "class Layer:\n    def __init__(self, session):\n        {keeps}\n"


@pytest.mark.parametrize(
    ("asked", "end", "told"),
    [
        ("self.kept is None", "manager = Manager()\n", True),
        ("not self.kept", "manager = Manager()\n", True),
        ("self.kept is None", "", False),
        ("self.kept is None", "def f():\n    manager = Manager()\n    return manager\n", False),
        ("self.kept is None", "    def end(self):\n        self.kept = None\nmanager = Manager()\n", False),
        ("self.stale", "manager = Manager()\n", False),
    ],
)
def test_a_session_made_where_an_object_of_a_module_has_none(asked: str, end: str, told: bool, tmp_path: Path) -> None:
    mark = "  # expect high" if told else ""
    check_source(TASKS + LAZY.format(asked=asked, end=end, mark=mark), RULE, tmp_path)


@pytest.mark.parametrize(
    ("keeps", "line", "told"),
    [
        ("self.session = session", "layer = Layer(Factory())", True),
        ("self.session = session", "layer = Layer(session=Factory())", True),
        ("self.name = repr(session)", "layer = Layer(Factory())", False),
        ("self.session = session", "if __name__ == '__main__':\n    layer = Layer(Factory())", False),
        ("self.session = session", "def f():\n    return Layer(Factory())", False),
    ],
)
def test_a_session_given_to_an_object_of_a_module(keeps: str, line: str, told: bool, tmp_path: Path) -> None:
    check_source(TASKS + LENT.format(keeps=keeps) + line + "  # expect high" * told + "\n", RULE, tmp_path)
