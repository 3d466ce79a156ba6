"""The pool class does not fit the engine, or does not take a setting that is given.

Why: an async engine needs a pool that waits without blocking. QueuePool and SingletonThreadPool are
refused with ArgumentError when the engine is made, AsyncAdaptedQueuePool by an engine with a sync driver.
NullPool, StaticPool and AssertionPool keep no queue: `pool_size`, `max_overflow`, `pool_timeout` or
`pool_use_lifo` beside them raises TypeError.

Bad:

    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine("postgresql+asyncpg://app@db/shop", poolclass=NullPool, pool_size=5)

Good:

    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine("postgresql+asyncpg://app@db/shop", poolclass=NullPool)

Source: https://sqlalche.me/e/20/pcls (each combination tried with SQLAlchemy 2.0.30, 2.0.54 and 2.1.9)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.drivers import is_async_driver
from forge_doctor.code.orm.engines import EngineCall, engine_calls
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Severity

SUSPECT = AnyWord(b"poolclass")
SYNC_POOLS = frozenset({"QueuePool", "SingletonThreadPool"})
ASYNC_POOLS = frozenset({"AsyncAdaptedQueuePool"})
QUEUE_SETTINGS = ("pool_size", "max_overflow", "pool_timeout", "pool_use_lifo")
REFUSED = {
    "NullPool": QUEUE_SETTINGS,
    "StaticPool": QUEUE_SETTINGS,
    "AssertionPool": QUEUE_SETTINGS,
    "SingletonThreadPool": QUEUE_SETTINGS[1:],
}


@check(severity=Severity.ERROR)
def pool_class_mismatch(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every engine that is given a pool class."""
    for engine in engine_calls(file, project):
        given = engine.keyword("poolclass")
        name = engine.pool_class if given is not None else ""
        if given is None or not name:
            continue
        wrong = wrong_kind(engine, name)
        if wrong is not None:
            yield file.finding(
                pool_class_mismatch, given, wrong, confidence=confidence_of(engine), remedy=fitting(engine)
            )
        else:
            yield from refused(file, engine, name)
            if name == "NullPool" and is_in_memory(engine):
                yield file.finding(
                    pool_class_mismatch,
                    given,
                    "each connection to SQLite in memory is a database of its own, and NullPool opens a new one each time: "
                    'tables made by one are not there for the next ("no such table")',
                    confidence=Confidence.MEDIUM,
                    remedy="poolclass=StaticPool, which keeps one connection for all",
                )


def is_in_memory(engine: EngineCall) -> bool:
    """Whether the URL names SQLite in memory, private to each connection."""
    dsn = engine.dsn
    if dsn is None or dsn.dialect != "sqlite" or engine.has_spread or engine.is_custom:
        return False
    return dsn.database in ("", ":memory:")


def is_asyncio(engine: EngineCall) -> bool | None:
    """Whether the engine's driver is async; None where the URL does not say."""
    if engine.is_async:
        return True
    return None if engine.dsn is None else is_async_driver(engine.dsn)


def wrong_kind(engine: EngineCall, name: str) -> str | None:
    """What is wrong with a pool of the other kind; `create_engine` with an unknown URL is taken for sync."""
    asyncio = is_asyncio(engine)
    if asyncio and name in SYNC_POOLS:
        return f"{name} cannot be used with an asyncio engine: {engine.maker}() raises ArgumentError"
    if not asyncio and not engine.is_async and name in ASYNC_POOLS:
        return f"{name} cannot be used with a sync driver: {engine.maker}() raises ArgumentError"
    return None


def confidence_of(engine: EngineCall) -> Confidence:
    """An async driver may hide in a URL that is not written in code."""
    return Confidence.MEDIUM if is_asyncio(engine) is None else Confidence.HIGH


def fitting(engine: EngineCall) -> str:
    """What to write instead."""
    if is_asyncio(engine):
        return "leave `poolclass` out (AsyncAdaptedQueuePool is the default), or poolclass=NullPool"
    return "leave `poolclass` out (QueuePool is the default)"


def refused(file: SourceFile, engine: EngineCall, name: str) -> Iterator[Finding]:
    """One finding a setting that the class does not take."""
    for setting in REFUSED.get(name, ()):
        written = engine.keyword(setting)
        if written is not None:
            yield file.finding(
                pool_class_mismatch,
                written,
                f"{name} does not take `{setting}`: {engine.maker}() raises TypeError",
                remedy=f"remove `{engine.wording(setting)}`, or remove `poolclass={name}` to have a pool that takes it",
            )
