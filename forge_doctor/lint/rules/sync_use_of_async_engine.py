"""An async engine is given to what only takes a synchronous one.

Why: `metadata.create_all(engine)` calls a method that an AsyncEngine does not have (AttributeError: no attribute
`_run_ddl_visitor`); `event.listens_for(engine, ...)` raises NotImplementedError, `inspect(engine)` NoInspectionAvailable.
The line fails whenever it runs, which for tables is the first start and for events the import. The engine inside it
(`engine.sync_engine`) works only in what `run_sync` runs: elsewhere its `connect()` raises MissingGreenlet, and its
`dispose()` logs that for each connection and closes none.

Bad:

    from sqlalchemy import MetaData
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/shop")
    metadata = MetaData()

    async def prepare():
        metadata.create_all(engine)

Good:

    from sqlalchemy import MetaData
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/shop")
    metadata = MetaData()

    async def prepare():
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)

Wrong when: the name holds a synchronous engine by then; only what is an async one in every way the code can take counts.
    `sync_engine` in a function that is given to `run_sync` or `greenlet_spawn`, that a column has as its default or an
    event calls, and `dispose(close=False)` of a forked process, are let be.
Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-events-with-the-asyncio-extension (errors seen
    with 2.0.30 and 2.1.9)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import DRIVER_KINDS, Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Call, FunctionDef, Lambda, Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked, is_test_file
from forge_doctor.finding import Confidence, Finding, Severity

SUSPECT = AnyWord(
    b"create_all", b"drop_all", b"reflect", b"listen", b"inspect", b"automap", b"read_sql", b"to_sql", b".sync_engine",
    b"sessionmaker(", b"Session(", b"SQLAlchemyJobStore",
)  # fmt: skip
LINE_DOES = ("queries",)
DDL = ("create_all", "drop_all", "reflect")
# Of pandas, by where the connection stands.
FRAMES = {"read_sql": 1, "read_sql_query": 1, "read_sql_table": 1, "to_sql": 1}
EVENTS = ("listens_for", "listen")
# What runs a function in a greenlet: `run_sync`, and the flush or connection that asks for a default or tells of an event.
HANDED = rb"(?:run_sync\([^)\n]*|\b(?:default|insert_default|onupdate)\s*=\s*|\blisten\([^)]*,\s*)\b"
OWN = ("connect", "begin", "raw_connection", "dispose")
ASYNC = frozenset({Kind.ASYNC_ENGINE, Kind.ASYNC_CONNECTION})
# What makes synchronous sessions, unless it is told of another class.
MAKERS = {
    "sqlalchemy.orm.sessionmaker": "sessionmaker",
    "sqlalchemy.orm.Session": "Session",
    "sqlmodel.Session": "Session",
}


@check(severity=Severity.ERROR)
def sync_use_of_async_engine(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every call that makes tables, registers an event or inspects."""
    for call in file.calls(*DDL, *EVENTS, *FRAMES, "inspect", "prepare"):
        given = engine_given(call)
        if given is None or not is_of_sqlalchemy(project, call):
            continue
        value = project.known(given)
        if value.confidence is not Confidence.HIGH or is_mocked(given):
            continue
        if value.kind in ASYNC:
            yield found(file, call, given, value.label)
        elif value.kind in DRIVER_KINDS and call.method in FRAMES:
            yield found_of_driver(file, call, value.label)
    yield from bound_sessions(file, project)
    yield from job_stores(file, project)
    for call in file.calls(*DDL, *FRAMES, *OWN, "inspect", "prepare") if file.mentions(b".sync_engine") else ():
        inner = call.receiver if call.method in OWN else engine_given(call)
        if call.method == "dispose" and is_test_file(file):
            continue  # often of a pool without connections
        if isinstance(inner, Attribute) and inner.attr == "sync_engine" and not is_in_greenlet(call):
            value = project.known(inner.value)
            if value.kind is Kind.ASYNC_ENGINE and value.confidence is Confidence.HIGH:
                yield found_inside(file, call, inner.value.text)


def bound_sessions(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`sessionmaker(engine)` and `Session(engine)` with an async engine, and no other class of sessions."""
    for call in file.calls("sessionmaker", "Session"):
        bind = call.argument(0, "bind")
        said = len(call.args) > 1 or any(one.name in ("", "class_") for one in call.keywords)
        if bind is None or said or MAKERS.get(project.qualified(call.func)) != call.method or is_mocked(bind):
            continue
        value = project.known(bind)
        if value.kind in ASYNC and value.confidence is Confidence.HIGH:
            yield found_bound(file, call, value.label)


def job_stores(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`SQLAlchemyJobStore(engine=engine)` of APScheduler 3, which makes its table when the scheduler starts."""
    for call in file.calls("SQLAlchemyJobStore"):
        given = call.keyword("engine")
        value = None if given is None or is_mocked(given) else project.known(given)
        if value is None or value.kind not in ASYNC or value.confidence is not Confidence.HIGH:
            continue
        if project.qualified(call.func).startswith("apscheduler."):
            yield file.finding(
                sync_use_of_async_engine,
                call,
                f"the job store of APScheduler works with a synchronous engine and cannot use {value.label}: the scheduler's start "
                "fails with AttributeError, it has no `_run_ddl_visitor`",
                confidence=Confidence.HIGH,
                remedy="SQLAlchemyJobStore(url=...)  # of a synchronous driver: postgresql+psycopg://",
            )


def found_bound(file: SourceFile, call: Call, label: str) -> Finding:
    """The finding for synchronous sessions bound to what is async."""
    maker = call.method == "sessionmaker"
    return file.finding(
        sync_use_of_async_engine,
        call,
        f"`{call.func.text}()` makes synchronous sessions and is given {label}: the first statement fails, and "
        "`async with` cannot enter such a session",
        confidence=Confidence.HIGH,
        remedy="async_sessionmaker(...), or class_=AsyncSession" if maker else "AsyncSession(...)",
    )


def engine_given(call: Call) -> Node | None:
    """What stands where an engine or connection is expected."""
    if call.method in FRAMES:
        return call.argument(FRAMES[call.method], "con")
    if call.method == "prepare":
        return call.keyword("autoload_with") or call.argument(0, "engine")
    return call.argument(0, "bind" if call.method in DDL else "target")


def is_in_greenlet(call: Call) -> bool:
    """Whether the call may run where SQLAlchemy can wait for the driver, or only forgets connections of another process."""
    close = call.keyword("close")
    if close is not None and close.text == "False":
        return True
    data, function = call.file.data, call.function
    if b"greenlet_spawn" in data or call.enclosing(Lambda) is not None:
        return True
    if function is None or function.is_async:
        return False
    if function.decorated_by(*EVENTS):
        return True
    handed = HANDED + re.escape(function.name).encode() + rb"\b(?!\()"
    return re.search(handed, data) is not None


def found_inside(file: SourceFile, call: Call, engine: str) -> Finding:
    """The finding for the engine inside an async one."""
    sure = Confidence.MEDIUM if call.method == "dispose" else Confidence.HIGH  # the pool may be empty
    if call.method == "dispose":
        fails = f"`{call.func.text}()` closes nothing: for each connection of the pool it logs MissingGreenlet, and leaves it open"
        remedy = f"await {engine}.dispose(), in the event loop that used it; in a forked process `{call.func.text}(close=False)`"
    else:
        fails = f"`{call.func.text}()` with `{engine}.sync_engine` raises MissingGreenlet: nothing here can wait for its driver"
        remedy = f"async with {engine}.connect() as connection: ..., with `await connection.run_sync(...)` for what is synchronous"
    return file.finding(sync_use_of_async_engine, call, fails, confidence=sure, remedy=remedy)


def is_of_sqlalchemy(project: Project, call: Call) -> bool:
    """Whether it is SQLAlchemy's function, or a method of what is called metadata."""
    if call.method in DDL:
        is_own = isinstance(project.value_of(call.func).definition, FunctionDef)
        return not is_own and isinstance(call.func, Attribute) and "metadata" in call.func.value.text.lower()
    if call.method == "prepare":
        return call.file.mentions(b"automap_base", b"DeferredReflection")
    return call.method in FRAMES or project.qualified(call.func).startswith("sqlalchemy.")


def found_of_driver(file: SourceFile, call: Call, label: str) -> Finding:
    """The finding for pandas with a driver's own connection, whose cursors must be awaited."""
    return file.finding(
        sync_use_of_async_engine,
        call,
        f"pandas calls a synchronous cursor and cannot use {label}: what that gives is never awaited, and the read fails",
        confidence=Confidence.HIGH,
        remedy="await the rows yourself and give them to `pandas.DataFrame(...)`; or a synchronous connection in a thread",
    )


def found(file: SourceFile, call: Call, given: Node, label: str) -> Finding:
    """The finding with what takes its place."""
    name = given.text
    if call.method in DDL:
        fails = f"{label} cannot run `{call.method}`: AttributeError, it has no `_run_ddl_visitor`"
        mend = f"await connection.run_sync({call.func.text})"
        remedy = mend if label.endswith("Connection") else f"async with {name}.begin() as connection: {mend}"
    elif call.method in FRAMES or call.method == "prepare":
        who = "pandas" if call.method in FRAMES else f"`{call.func.text}`"
        fails = (
            f"{who} works with a synchronous engine and cannot use {label}: it has no cursor and cannot be inspected"
        )
        remedy = (
            f"async with {name}.connect() as connection: await connection.run_sync(lambda sync: {call.func.text}(...))"
        )
    elif call.method == "inspect":
        fails = f"{label} cannot be inspected: NoInspectionAvailable"
        remedy = f"async with {name}.connect() as connection: await connection.run_sync(lambda sync: inspect(sync)...)"
    else:
        fails = f"{label} takes no event listeners: NotImplementedError"
        sync = "sync_connection" if label.endswith("Connection") else "sync_engine"
        remedy = f"{call.func.text}({name}.{sync}, ...)"
    return file.finding(sync_use_of_async_engine, call, fails, confidence=Confidence.HIGH, remedy=remedy)
