"""An async engine is given to what only takes a synchronous one.

Why: `metadata.create_all(engine)` calls a method that an AsyncEngine does not have (AttributeError: no attribute
`_run_ddl_visitor`); `event.listens_for(engine, ...)` raises NotImplementedError, `inspect(engine)` NoInspectionAvailable.
The line fails whenever it runs, which for tables is the first start and for events the import.

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
Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-events-with-the-asyncio-extension (errors seen
    with 2.0.30 and 2.1.9)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Call, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.regex import regex

SUSPECT = regex(rb"create_all|drop_all|reflect|listens_for|\blisten\s*\(|\binspect\s*\(|automap|read_sql|to_sql")
DDL = ("create_all", "drop_all", "reflect")
# Of pandas, by where the connection stands.
FRAMES = {"read_sql": 1, "read_sql_query": 1, "read_sql_table": 1, "to_sql": 1}
EVENTS = ("listens_for", "listen")
ASYNC = frozenset({Kind.ASYNC_ENGINE, Kind.ASYNC_CONNECTION})


@check(severity=Severity.ERROR)
def sync_use_of_async_engine(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every call that makes tables, registers an event or inspects."""
    for call in file.calls(*DDL, *EVENTS, *FRAMES, "inspect", "prepare"):
        given = engine_given(call)
        if given is None or not is_of_sqlalchemy(project, call):
            continue
        value = project.known(given)
        if value.kind in ASYNC and value.confidence is Confidence.HIGH and not is_mocked(given):
            yield found(file, call, given, value.label)


def engine_given(call: Call) -> Node | None:
    """What stands where an engine or connection is expected."""
    if call.method in FRAMES:
        return call.argument(FRAMES[call.method], "con")
    if call.method == "prepare":
        return call.keyword("autoload_with") or call.argument(0, "engine")
    return call.argument(0, "bind" if call.method in DDL else "target")


def is_of_sqlalchemy(project: Project, call: Call) -> bool:
    """Whether it is SQLAlchemy's function, or a method of what is called metadata."""
    if call.method in DDL:
        return isinstance(call.func, Attribute) and "metadata" in call.func.value.text.lower()
    if call.method == "prepare":
        return call.file.mentions(b"automap_base", b"DeferredReflection")
    return call.method in FRAMES or project.qualified(call.func).startswith("sqlalchemy.")


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
