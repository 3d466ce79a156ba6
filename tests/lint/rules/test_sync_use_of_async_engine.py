"""An async engine given to create_all, an event or inspect is found; synchronous twins and run_sync are silent."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import MetaData, event, inspect
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support.lint_cases import check_source

RULE = "sync-use-of-async-engine"
HEAD = """\
from sqlalchemy import MetaData, create_engine, event, inspect
from sqlalchemy.event import listens_for
from sqlalchemy.ext.asyncio import create_async_engine
engine = create_async_engine("postgresql+asyncpg://localhost/shop")
plain = create_engine("postgresql+psycopg://localhost/shop")
metadata = MetaData()
"""
FOUND = (
    "metadata.create_all(engine)  # expect high\n",
    "metadata.drop_all(bind=engine)  # expect high\n",
    "def f():\n    metadata.reflect(bind=engine)  # expect high\n",
    "class Base:\n    metadata = metadata\nasync def f():\n    Base.metadata.create_all(engine)  # expect high\n",
    "async def f():\n    async with engine.begin() as c:\n        metadata.create_all(c)  # expect high\n",
    "@event.listens_for(engine, 'connect')  # expect high\ndef f(*args): ...\n",
    "@listens_for(engine, 'checkout')  # expect high\ndef f(*args): ...\n",
    "event.listen(engine, 'connect', print)  # expect high\n",
    "inspect(engine)  # expect high\n",
    "def stop():\n    engine.sync_engine.dispose()  # expect medium\n",
    (
        "class S:\n    def __init__(self):\n        self.e = create_async_engine('postgresql+asyncpg://localhost/shop')\n"
        "    def close(self):\n        self.e.sync_engine.dispose()  # expect medium\n"
    ),
    "def f():\n    with engine.sync_engine.connect() as c:  # expect high\n        return c\n",
    "async def f():\n    metadata.create_all(engine.sync_engine)  # expect high\n",
    "inspect(engine.sync_engine)  # expect high\n",
    "def number():\n    with engine.sync_engine.begin() as c:  # expect high\n        return c.scalar(1)\ndefault = number()\n",
    "def name():\n    return engine.sync_engine.connect()  # expect high\nf(default=names)\n",
)
SILENT = (
    # A flush calls the default in its greenlet, and so it does the listeners.
    (
        "from sqlalchemy import Column\ndef number(context):\n    with engine.sync_engine.begin() as c:\n        return c.scalar(1)\n"
        "column = Column(primary_key=True, default=number)\n"
    ),
    "@event.listens_for(Table, 'before_insert')\ndef f(*args):\n    engine.sync_engine.connect()\n",
    "def f(*args):\n    engine.sync_engine.connect()\nevent.listen(Table, 'before_insert', f)\n",
    "def child():\n    engine.sync_engine.dispose(close=False)\n",
    "def f(c):\n    engine.sync_engine.connect()\nasync def g():\n    async with engine.begin() as c:\n        await c.run_sync(f)\n",
    "async def f():\n    await engine.dispose()\n",
    "plain.dispose()\n",
    "metadata.create_all(plain)\n",
    "async def f():\n    async with engine.begin() as c:\n        await c.run_sync(metadata.create_all)\n",
    "@event.listens_for(engine.sync_engine, 'connect')\ndef f(*args): ...\n",
    "event.listen(plain, 'connect', print)\n",
    "inspect(plain)\n",
    "def f(engine):\n    metadata.create_all(engine)\n",
    "import inspect as i\ni.inspect(engine)\n",
    "store.create_all(engine)\n",
    "def f(connection):\n    inspect(connection)\nasync def g():\n    async with engine.begin() as c:\n        await c.run_sync(f)\n",
    "import os\nif os.name:\n    engine = plain\nmetadata.create_all(engine)\n",
)


@pytest.mark.parametrize("code", FOUND + SILENT)
def test_only_an_async_engine_is_found(code: str, tmp_path: Path) -> None:
    check_source(HEAD + code, RULE, tmp_path)


def test_sqlalchemy_refuses_these_calls() -> None:
    engine = create_async_engine("postgresql+asyncpg://localhost/shop")
    with pytest.raises(AttributeError, match="_run_ddl_visitor"):
        MetaData().create_all(engine)  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError, match="asynchronous events"):
        event.listen(engine, "connect", print)
    with pytest.raises(NoInspectionAvailable):
        inspect(engine)


OTHERS = (
    "from sqlalchemy.ext.automap import automap_base\nBase = automap_base()\nBase.prepare(engine, reflect=True)",
    "from sqlalchemy.ext.automap import automap_base\nBase = automap_base()\nBase.prepare(autoload_with=engine)",
    "import pandas as pd\nrows = pd.read_sql('select 1', engine)",
    "import pandas as pd\nrows = pd.read_sql_query('select 1', con=engine)",
    "rows.to_sql('orders', engine, if_exists='append')",
)


@pytest.mark.parametrize("code", OTHERS)
def test_reflection_and_pandas_want_a_synchronous_engine(code: str, tmp_path: Path) -> None:
    head = "from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine('x')\n"
    check_source(f"{head}{code}  # expect high\n", RULE, tmp_path)
    check_source(head + code.replace("engine", "engine.sync_engine") + "  # expect high\n", RULE, tmp_path)
    check_source(head + code.replace("engine", "plain") + "\n", RULE, tmp_path)


MAKING = """\
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, sessionmaker
engine = create_async_engine("postgresql+asyncpg://localhost/shop")
plain = create_engine("postgresql://localhost/shop")
"""


@pytest.mark.parametrize(
    "code",
    [
        "make = sessionmaker(bind=engine)  # expect high\n",
        "make = sessionmaker(engine, expire_on_commit=False)  # expect high\n",
        "def f():\n    with Session(engine) as s:  # expect high\n        s.commit()\n",
        "make = sessionmaker(engine, class_=AsyncSession)\n",
        "make = sessionmaker(engine, AsyncSession)\n",
        "make = sessionmaker(engine, **options)\n",
        "make = sessionmaker(bind=plain)\n",
        "make = sessionmaker(engine.sync_engine)\n",
    ],
)
def test_synchronous_sessions_of_an_async_engine(code: str, tmp_path: Path) -> None:
    check_source(MAKING + code, "sync-use-of-async-engine", tmp_path)


DRIVER = (
    "import asyncpg, pandas, psycopg\nasync def f(dsn):\n"
    "    conn = await {connect}(dsn)\n    return pandas.read_sql('SELECT 1', conn){mark}\n"
)


@pytest.mark.parametrize(
    ("connect", "mark"),
    [("psycopg.AsyncConnection.connect", "  # expect high"), ("asyncpg.connect", "  # expect high"), ("unseen", "")],
)
def test_pandas_with_a_drivers_async_connection(connect: str, mark: str, tmp_path: Path) -> None:
    check_source(DRIVER.format(connect=connect, mark=mark), "sync-use-of-async-engine", tmp_path)


JOBS = """\
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")
plain = create_engine("postgresql+psycopg://localhost/shop")
stores = {"default": SQLAlchemyJobStore(engine=engine)}  # expect high
others = {"default": SQLAlchemyJobStore(engine=plain), "b": SQLAlchemyJobStore(url="postgresql+psycopg://localhost/shop")}
"""


def test_a_job_store_takes_a_synchronous_engine(tmp_path: Path) -> None:
    check_source(JOBS, "sync-use-of-async-engine", tmp_path)
