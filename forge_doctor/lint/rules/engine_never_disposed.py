"""A script ends without disposing of its engine.

Why: `asyncio.run` closes its event loop while the pool still holds open connections. They are torn down without a
word to the server, which logs "unexpected EOF on client connection" or "connection reset by peer", and Python warns of
unclosed transports or "Event loop is closed" when the garbage collector finds them.

Bad:

    import asyncio
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/shop")

    async def main():
        async with engine.connect() as connection:
            await connection.execute(text("select 1"))

    asyncio.run(main())

Good:

    import asyncio
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/shop")

    async def main():
        async with engine.connect() as connection:
            await connection.execute(text("select 1"))
        await engine.dispose()

    asyncio.run(main())

Wrong when: something else disposes of it. Any `dispose` in the code of the file or in that of a class or function it is given to,
NullPool, SQLite, and a file that makes an app or is imported (no `asyncio.run` of its own at the end) keep this rule
silent.

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html (Synopsis - Core: engine.dispose());
with SQLAlchemy 2.1.9, asyncpg 0.32 and Python 3.13 -X dev: "ResourceWarning: unclosed transport"
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.engines import EngineCall, engine_calls
from forge_doctor.code.semantics.library.kinds import UNKNOWN
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Call, Expr, FunctionDef, If, Keyword, Name, Node, Str, With
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.coroutines.coroutine_function import function_of_coroutine
from forge_doctor.lint.dataflow.sessions.module_engines import engine_used
from forge_doctor.lint.dataflow.use_def import reads_of
from forge_doctor.regex import regex

SUSPECT = WordsThen(rb"\b(?:asyncio\.run|\w+\.run)\(", b"asyncio.run(", b"asyncio.Runner(", b"anyio.run(")
# Who calls a service may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("holds",)
DISPOSING = (b"dispose",)
DISPOSED = regex(rb"dispose")
ELSEWHERE = (b"NullPool", b"FastAPI(", b"Starlette(", b"Litestar(", b"StaticPool")


@check(severity=Severity.INFO)
def engine_never_disposed(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the engines of files that run their own event loop and end."""
    if is_test_file(file) or file.mentions(*ELSEWHERE) or may_dispose(file):
        return
    run = next((one for one in file.calls("run") if ends_program(project, one)), None)
    if run is None:
        return
    yield from of_other_modules(file, project, run)
    for engine in engine_calls(file, project):
        if engine.is_async and not engine.has_spread and not engine.is_custom and is_pooled(engine):
            if is_given_to_disposer(project, engine):
                continue
            yield file.finding(
                engine_never_disposed,
                engine.call,
                "the event loop is closed while this engine's pool holds open connections: the server sees them break "
                "off, and Python warns of unclosed transports",
                confidence=Confidence.MEDIUM,
                remedy="await engine.dispose()  (as the last thing in the coroutine that is run)",
                related=(Related(message="the program ends here", location=file.location(run)),),
            )


def may_dispose(file: SourceFile) -> bool:
    """Whether the word stands in the file's code, be it in a string of it: not in a comment or a docstring alone."""
    for match in DISPOSED.finditer(file.data) if file.mentions(*DISPOSING) else ():
        node = file.node_at(match.start())
        if node is None or not (node.raw.type == "comment" or is_docstring(node)):
            return True
    return False


def is_docstring(node: Node) -> bool:
    """Whether it is, or stands in, a string that is a statement of its own."""
    text = node if isinstance(node, Str) else node.enclosing(Str)
    return text is not None and isinstance(text.parent, Expr)


def of_other_modules(file: SourceFile, project: Project, run: Call) -> Iterator[Finding]:
    """The engine that another module keeps, and that the coroutine of the script takes connections of."""
    target = function_of_coroutine(project, run.args[0]) if run.args else None
    used = None if target is None else engine_used(project, target)
    if target is None or used is None or used.engine.call.file is file or target.file.mentions(*DISPOSING):
        return
    engine, home = used.engine, used.engine.call.file
    disposers = (one.name.encode() for one in project.scopes(home).functions if "dispose" in one.text)
    if (
        not engine.is_async
        or engine.has_spread
        or engine.is_custom
        or not is_pooled(engine)
        or file.mentions(*disposers)
    ):
        return
    yield file.finding(
        engine_never_disposed,
        run,
        f"`{run.func.text}()` closes the event loop while the pool of the engine of {home.path} holds open connections: the "
        "server sees them break off, and Python warns of unclosed transports",
        confidence=Confidence.MEDIUM,
        remedy=f"await engine.dispose()  (as the last thing in {target.name}(), with the engine of {home.path})",
        related=(Related(message="the engine", location=home.location(engine.call)),),
    )


def is_given_to_disposer(project: Project, engine: EngineCall) -> bool:
    """Whether it is an argument of a class or function of the project in whose file something is disposed of."""
    bound = engine.call.parent
    if not isinstance(bound, Assign) or not isinstance(bound.target, Name):
        return False
    for read in reads_of(project, bound.target, bound):
        call = read.parent.parent if isinstance(read.parent, Keyword) else read.parent
        value = project.value_of(call.func) if isinstance(call, Call) else UNKNOWN
        taker = value.definition or value.inner.definition
        if taker is not None and taker.file is not read.file and b"dispose" in taker.file.data:
            return True
    return False


def ends_program(project: Project, call: Call) -> bool:
    """Whether it is `asyncio.run(...)`, or `run()` of a Runner, at the end of a script: at the top, under its guard, or as
    the command of a program."""
    around = call.enclosing(With)
    runner = None if around is None else next((one for one in around.items if one.target is not None), None)
    by_runner = (
        runner is not None
        and call.receiver is not None
        and runner.target is not None
        and (runner.target.text == call.receiver.text and "asyncio.Runner" in runner.value.text)
    )
    if project.qualified(call.func) not in ("asyncio.run", "anyio.run") and not by_runner:
        return False
    if call.function is not None:
        return is_command(call.function)
    guard = call.enclosing(If)
    return guard is None or "__main__" in guard.test.text


def is_command(function: FunctionDef) -> bool:
    """Whether typer or click run it once, as the program."""
    return any(one.text.partition("(")[0].rpartition(".")[2] == "command" for one in function.decorators)


def is_pooled(engine: EngineCall) -> bool:
    """Whether it keeps connections of a server."""
    dsn = engine.dsn or engine.default_dsn
    return engine.keyword("poolclass") is None and (dsn is None or dsn.dialect != "sqlite")
