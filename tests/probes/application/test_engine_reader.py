"""The real engines of an imported module, in every shape `--app` may name them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from forge_doctor.probes.application.engine_reader import Problem, engine_facts, find_engine, resolve

MODULE = """
import functools
from sqlalchemy import create_engine, pool
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine
from sqlalchemy.orm import scoped_session, sessionmaker

URL = "postgresql+asyncpg://shop:hunter2@db.internal:5433/shop"
engine = create_async_engine(URL, pool_size=7, max_overflow=3, pool_timeout=4, pool_recycle=600, pool_pre_ping=True)
plain = create_async_engine(URL)
unlimited = create_async_engine(URL, pool_size=0, max_overflow=-1)
nullpool = create_async_engine(URL, poolclass=pool.NullPool)
staticpool = create_async_engine(URL, poolclass=pool.StaticPool)
threads = create_engine("sqlite://", poolclass=pool.SingletonThreadPool, pool_size=6)
sync = create_engine("sqlite:///shop.db", pool_size=2)
queried = create_async_engine("postgresql+asyncpg://db/shop?user=shop&password=hunter2")

class StorePool(pool.AsyncAdaptedQueuePool):
    pass

own_class = create_async_engine(URL, poolclass=StorePool, pool_size=9)
new_session = async_sessionmaker(engine)
sync_session = sessionmaker(sync)
registry = async_scoped_session(new_session, scopefunc=lambda: 1)
sync_registry = scoped_session(sync_session)
unbound = async_sessionmaker()

def make_engine():
    return engine

def make_with_default(echo=False, *args, **kwargs):
    return new_session

@functools.lru_cache
def cached_engine():
    return engine

partial_engine = functools.partial(make_with_default, echo=True)

def needs_settings(settings, *, echo):
    return engine

def makes_nothing():
    return None

async def async_factory():
    return engine

class Database:
    def __init__(self):
        self.engine = engine
    def get_engine(self):
        return self.engine

database = Database()
settings = {"url": URL}
"""


@pytest.fixture(scope="module", autouse=True)
def _store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The package `store` on the path."""
    directory = tmp_path_factory.mktemp("service")
    package = directory / "store"
    package.mkdir()
    package.joinpath("__init__.py").touch()
    package.joinpath("db.py").write_text(MODULE)
    package.joinpath("dependent.py").write_text("import no_such_package")
    sys.path.insert(0, str(directory))
    yield
    sys.path.remove(str(directory))
    for name in [name for name in sys.modules if name.split(".")[0] == "store"]:
        del sys.modules[name]


def facts_of(path: str) -> dict[str, Any]:
    """What the reader would write to its pipe."""
    spec = f"store.db:{path}"
    return engine_facts(find_engine(resolve(spec), spec))


def test_an_unconfigured_engine_shows_sqlalchemys_defaults() -> None:
    facts = facts_of("plain")
    assert (facts["pool_size"], facts["max_overflow"], facts["pool_timeout_s"]) == (5, 10, 30)
    assert (facts["pool_recycle_s"], facts["pre_ping"]) == (-1, False)


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("unlimited", ("AsyncAdaptedQueuePool", 0, -1)),
        ("nullpool", ("NullPool", None, None)),
        ("staticpool", ("StaticPool", 1, 0)),
        ("threads", ("SingletonThreadPool", 6, 0)),
        ("sync", ("QueuePool", 2, 10)),
        ("own_class", ("AsyncAdaptedQueuePool", 9, 10)),
    ],
)
def test_each_pool_class_tells_its_size(attribute: str, expected: tuple[str, int | None, int | None]) -> None:
    facts = facts_of(attribute)
    assert (facts["pool_class"], facts["pool_size"], facts["max_overflow"]) == expected


@pytest.mark.parametrize(
    "path",
    [
        "new_session",
        "registry",
        "make_engine",
        "make_with_default",
        "cached_engine",
        "partial_engine",
        "database.engine",
        "database.get_engine",
    ],
)
def test_finds_the_engine_behind_factories_sessions_and_attributes(path: str) -> None:
    assert facts_of(path)["pool_size"] == 7


@pytest.mark.parametrize("path", ["sync_session", "sync_registry"])
def test_finds_the_engine_of_synchronous_sessions(path: str) -> None:
    assert facts_of(path)["driver"] == "pysqlite"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("engin", "module store.db has no attribute 'engin'; did you mean 'engine'?"),
        ("database.engin", "Database has no attribute 'engin'; did you mean 'engine'?"),
        ("settings", "is a dict, not a SQLAlchemy engine"),
        ("database", "try store.db:database.engine"),
        ("Database", "is a type, not a SQLAlchemy engine"),
        ("unbound", "is a sessionmaker without an engine"),
        ("needs_settings", "needs arguments (settings, echo)"),
        ("makes_nothing", "returned a NoneType"),
        ("async_factory", "is a coroutine or generator function"),
    ],
)
def test_what_is_no_engine_is_said_with_the_mend(path: str, said: str) -> None:
    with pytest.raises(Problem) as caught:
        facts_of(path)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "missing"), [("stoore.db:engine", "stoore"), ("store.database:engine", "store.database")]
)
def test_a_module_that_is_not_there_is_told_from_one_that_fails(spec: str, missing: str) -> None:
    with pytest.raises(Problem, match=f"no module named '{missing}'"):
        resolve(spec)
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        resolve("store.dependent:engine")
