"""An engine made for each request is found; one made once, or disposed of, is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_heads import DEPENDENCIES

RULE = "engine-per-request"
FOUND = (
    """\
class Service:
    def __init__(self):
        self.worker = None
    async def start(self):
        if self.worker is None:
            return
        engine = create_async_engine('x')  # expect medium
        async with AsyncSession(engine) as db:
            await self.worker.run(db)
async def main(service: Service):
    asyncio.create_task(service.start())
""",
    """\
def timed(function):
    def run():
        return function()
    return run
@timed
def dep():
    return create_async_engine('x')  # expect high
def f(db=Depends(dep)): ...
""",
    """\
from litestar.di import Provide
def make():
    return create_async_engine('x')  # expect high
wired = {"engine": Provide(make)}
""",
    "@app.get('/')\nasync def f():\n    e = create_async_engine('x')  # expect high\n",
    """\
async def dep():
    e = create_async_engine('x')  # expect high
    async with AsyncSession(e) as s:
        yield s
def f(db=Depends(dep)): ...
""",
    """\
def make():
    return create_async_engine('x')  # expect high
@app.post('/')
async def f():
    async with AsyncSession(make()) as s: ...
""",
    """\
from fastapi import APIRouter
router = APIRouter()
@router.get('/')
async def f():
    e = create_async_engine('x')  # expect high
    async with e.connect() as c: ...
""",
)
SILENT = (
    """\
class Service:
    def __init__(self):
        self.worker = None
    async def start(self):
        if self.worker is None:
            engine = create_async_engine('x')
            self.worker = Worker(engine)
        await self.worker.run()
async def main(service: Service):
    asyncio.create_task(service.start())
""",
    """\
class Service:
    worker = None
    async def start(self):
        if self.worker:
            return
        engine = create_async_engine('x')
        worker = Worker(engine)
        self.worker = worker
async def main(service: Service):
    asyncio.create_task(service.start())
""",
    """\
def once(function):
    kept = []
    def run():
        if not kept:
            kept.append(function())
        return kept[0]
    return run
@once
def dep():
    return create_async_engine('x')
def f(db=Depends(dep)): ...
""",
    """\
def dep():
    if not hasattr(app, "engine"):
        setattr(app, "engine", create_async_engine('x'))
    return app.engine
def f(db=Depends(dep)): ...
""",
    """\
makers = {}
def dep(loop):
    if loop not in makers:
        makers[loop] = async_sessionmaker(create_async_engine('x'))
    return makers[loop]
def f(db=Depends(dep)): ...
""",
    """\
from litestar.di import Provide
def make():
    return create_async_engine('x')
wired = {"engine": Provide(make, use_cache=True)}
""",
    "@lru_cache\ndef make():\n    return create_async_engine('x')\ndef f(e=Depends(make)): ...\n",
    "@app.on_event('startup')\nasync def f():\n    app.state.engine = create_async_engine('x')\n",
    "def main():\n    e = create_async_engine('x')\n",
    """\
@app.get('/')
async def f():
    e = create_async_engine('x')
    try: ...
    finally:
        await e.dispose()
""",
    """\
@asynccontextmanager
async def lifespan(app):
    app.state.engine = create_async_engine('x')
    yield
    await app.state.engine.dispose()
""",
    """\
engines = {}
def make(url):
    engine = create_async_engine(url)
    engines[url] = engine
    return engine
def dep(url):
    return engines[url] if url in engines else make(url)
def f(e=Depends(dep)): ...
""",
    """\
class DB:
    @classmethod
    def start(cls):
        cls.engine = create_async_engine('x')
    @classmethod
    async def session(cls):
        try:
            engine = cls.engine
        except AttributeError:
            cls.start()
        async with AsyncSession(cls.engine) as s:
            yield s
def f(db=Depends(DB.session)): ...
""",
    "def create_async_engine(url): ...\n@app.get('/')\nasync def f():\n    e = create_async_engine('x')\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_an_engine_made_for_each_request_is_found(code: str, tmp_path: Path) -> None:
    check_source(DEPENDENCIES + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_an_engine_made_once_or_disposed_of_is_silent(code: str, tmp_path: Path) -> None:
    check_source(DEPENDENCIES + code, RULE, tmp_path)
