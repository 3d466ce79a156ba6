"""Pool settings that do not mean what they seem to, or that do nothing beside each other.

Why: `pool_size=0` is no empty pool but one without any limit: under load it opens connections until
PostgreSQL has no slot left. `max_overflow=-1` is without limit as well, so `pool_timeout` never
applies. NullPool opens a connection for each use, so `pool_recycle` and `pool_pre_ping` do nothing.

Bad:

    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_size=0, max_overflow=10)

Good:

    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_size=5, max_overflow=10)

Wrong when: the pool is of another class, or made by the caller's own code; then these settings mean something else, and
nothing is said.

Source: https://docs.sqlalchemy.org/en/20/core/pooling.html (QueuePool: pool_size, max_overflow, timeout);
OpenEnergyPlatform/oeplatform#2495 (2026-09); with SQLAlchemy 2.1.9, twenty connections at once: after `pool_size=0`
twenty stay in the pool, after `max_overflow=-1` only `pool_size` of them
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.engines import EngineCall, engine_calls
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Severity

SUSPECT = AnyWord(b"create_engine", b"create_async_engine", b"engine_from_config")
LINE_DOES = ("configures",)
QUEUES = frozenset({"", "QueuePool", "AsyncAdaptedQueuePool"})
# What QueuePool takes for "no limit", these numbers alone; `pool_size=0` sets its `max_overflow` to -1 as well.
WITHOUT_LIMIT = {"pool_size": 0, "max_overflow": -1}
# Settings that only mean something for connections that are kept.
FOR_KEPT = {"pool_recycle": "recycled", "pool_pre_ping": "pinged"}


@check(severity=Severity.WARNING)
def pool_settings_contradict(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the settings of every engine; those the class refuses are `pool-class-mismatch`."""
    for engine in engine_calls(file, project):
        if engine.pool_class == "NullPool":
            yield from useless(file, engine)
        elif not engine.is_custom and (engine.pool_class or engine.keyword("poolclass") is None):
            yield from unlimited(file, engine)


def useless(file: SourceFile, engine: EngineCall) -> Iterator[Finding]:
    """What does nothing beside NullPool."""
    for name, done in FOR_KEPT.items():
        written, value = engine.keyword(name), engine.setting(name)
        if written is not None and value is not None and value.text not in ("False", "None", "-1"):
            yield file.finding(
                pool_settings_contradict,
                written,
                f"`{name}` does nothing beside NullPool: no connection is kept that could be {done}",
                severity=Severity.INFO,
                remedy=f"remove `{engine.wording(name)}`",
            )


def unlimited(file: SourceFile, engine: EngineCall) -> Iterator[Finding]:
    """A pool without limit, and what does nothing beside it."""
    if engine.pool_class not in QUEUES or is_memory(engine):
        return
    setting = next((name for name, number in WITHOUT_LIMIT.items() if engine.number(name) == number), "")
    by_default = next((name for name, number in WITHOUT_LIMIT.items() if engine.default_number(name) == number), "")
    setting, is_default = setting or by_default, not setting
    written = engine.keyword(setting)
    if not setting or written is None:
        return
    others = [one for one in ("max_overflow", "pool_timeout") if one != setting and engine.keyword(one) is not None]
    besides = f"; {' and '.join(f'`{one}`' for one in others)} beside it never applies" if others else ""
    ends = kept(setting)
    by_words = f" ({WITHOUT_LIMIT[setting]} where nothing else is set)" if is_default else ""
    yield file.finding(
        pool_settings_contradict,
        written,
        f"`{engine.wording(setting)}`{by_words} is a pool without any limit: it opens connections until the server refuses them{ends}"
        f"{besides}",
        confidence=Confidence.MEDIUM if is_default else Confidence.HIGH,
        remedy="pool_size=5, max_overflow=10 (the defaults); for no pool at all poolclass=NullPool",
    )


def kept(setting: str) -> str:
    """What becomes of the connections of one rush: QueuePool measures what it keeps by `pool_size`."""
    if setting == "pool_size":
        return ", and keeps every one of them: one rush holds them for the life of the process"
    return ", and closes those beyond `pool_size` as soon as they are given back"


def is_memory(engine: EngineCall) -> bool:
    """SQLite in memory has a pool of another sort."""
    return engine.dsn is not None and engine.dsn.dialect == "sqlite"
