"""A synchronous engine is made with a URL whose driver is async.

Why: `create_engine` takes the URL without a word, and the first statement fails with MissingGreenlet ("greenlet_spawn has
not been called; can't call await_only() here"): the driver waits for the event loop, and nothing here can. Most often it is
Alembic's `env.py`, given the URL the application has for its async engine.

Bad:

    from sqlalchemy import create_engine, text

    engine = create_engine("postgresql+asyncpg://app@db/shop")

    def ping():
        with engine.connect() as connection:
            connection.execute(text("select 1"))

Good:

    from sqlalchemy import create_engine, text

    engine = create_engine("postgresql+psycopg://app@db/shop")

    def ping():
        with engine.connect() as connection:
            connection.execute(text("select 1"))

Wrong when: the engine only compiles statements, or is wrapped (`AsyncEngine(create_engine(...))`), or runs in a greenlet. One
of which nothing but its dialect, its URL or its pool is read where it is made, or in the function it is made in, is left
alone; so are a file that mentions AsyncEngine, `run_sync` or `greenlet_spawn`, one that connects with nothing, and drivers
that are both (psycopg, oracledb).

Source: https://docs.sqlalchemy.org/en/20/errors.html#missinggreenlet (seen with SQLAlchemy 2.1.9 and asyncpg 0.32)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.drivers import is_async_driver
from forge_doctor.code.orm.dsn import Dsn
from forge_doctor.code.orm.engines import EngineCall, engine_calls
from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, Keyword, Name, Node
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.lint.dataflow.use_def import few_reads_of

SUSPECT = WordsThen(rb"(?<!async_)(?:create_engine|engine_from_config)\s*\(", b"create_engine", b"engine_from_config")
CONNECTS = (b".connect(", b".begin(", b"Session(", b"sessionmaker(", b"create_all(", b"scoped_session(")
ELSEWISE = (b"AsyncEngine", b"run_sync", b"greenlet_spawn")
LOOKED_AT = words("dialect url driver name pool echo logging_name dispose")
SYNCHRONOUS = {
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "sqlite": "sqlite",
}


@check(severity=Severity.ERROR)
def async_driver_in_sync_engine(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every synchronous engine whose URL is known, in files that connect."""
    if not file.mentions(*CONNECTS) or file.mentions(*ELSEWISE):
        return
    for engine in engine_calls(file, project):
        dsn = engine.dsn or engine.default_dsn
        if engine.is_async or engine.is_custom or dsn is None or not is_async_driver(dsn):
            continue
        if not sends_nothing(project, engine.call):
            yield found(file, engine, dsn)


def sends_nothing(project: Project, made: Node) -> bool:
    """Whether an engine is asked for its dialect and the like alone, or compiles statements: where it is made, or by all
    that reads the local name it is given."""
    around = made.parent
    if isinstance(around, Assign) and around.value is made and made.function is not None:
        name = around.target
        reads = few_reads_of(project, name, around) if isinstance(name, Name) else None
        return bool(reads) and all(is_looked_at(read) for read in reads or ())
    return is_looked_at(made)


def is_looked_at(node: Node) -> bool:
    """Whether a read of an engine connects with nothing."""
    around = node.parent
    if isinstance(around, Attribute):
        return around.value is node and around.attr in LOOKED_AT
    call = around.parent if isinstance(around, Keyword) else around
    return isinstance(call, Call) and call.method == "compile" and call.func is not node


def found(file: SourceFile, engine: EngineCall, dsn: Dsn) -> Finding:
    """The finding at the URL; where it is a default, the environment may say something else."""
    return file.finding(
        async_driver_in_sync_engine,
        engine.url_place,
        f"`{dsn.scheme}://` is for asyncio, and `{engine.maker}` makes a synchronous engine: its first statement fails with "
        "MissingGreenlet",
        confidence=Confidence.HIGH if engine.dsn is not None else Confidence.MEDIUM,
        remedy=f"{SYNCHRONOUS.get(dsn.dialect, dsn.dialect)}://..., or create_async_engine (async_engine_from_config) with "
        "`await connection.run_sync(...)`",
        evidence=(
            Evidence(
                label="driver",
                value=dsn.scheme,
                source=f"the URL given to {engine.maker}" if engine.dsn else "the settings' default",
            ),
        ),
    )
