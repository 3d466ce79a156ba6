"""An engine that a module keeps is used from a new event loop each time.

Why: `asyncio.run` makes an event loop and closes it. The connections that its pool keeps belong to that loop: the next
job gets one of them in another loop and fails with "attached to a different loop", "Event loop is closed" or "another
operation is in progress", often the second job only, or one in ten.

Bad:

    import asyncio
    from celery import Celery
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    queue = Celery("shop")

    async def count():
        async with Session() as session:
            return await session.scalar(text("select count(*) from orders"))

    @queue.task
    def nightly():
        return asyncio.run(count())

Good:

    import asyncio
    from celery import Celery
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
    from sqlalchemy.pool import NullPool

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop", poolclass=NullPool))
    queue = Celery("shop")

    async def count():
        async with Session() as session:
            return await session.scalar(text("select count(*) from orders"))

    @queue.task
    def nightly():
        return asyncio.run(count())

Flask runs an `async def` view in a new event loop for each request. A command that prepares the database by `asyncio.run`
and then starts a server, or runs a second coroutine, has two loops as well.

Wrong when: the loop is made once in the life of the process, the engine keeps no connection, or it is disposed of at
the end of each loop. Told is only what a task queue or a scheduler runs, directly or one call away, or what stands in a
loop; NullPool, SQLite and any `dispose()` on the way keep this rule silent.

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html (Using multiple asyncio event loops);
sqlalchemy/sqlalchemy#6409; with SQLAlchemy 2.1.9 and asyncpg 0.32 the second of three jobs failed with "got Future
attached to a different loop", the third with "another operation is in progress"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from forge_doctor.check import check
from forge_doctor.code.semantics.entry_points import background_starter
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import (
    Call,
    FunctionDef,
    Module,
    Name,
    Node,
)
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.coroutines.coroutine_function import function_of_coroutine
from forge_doctor.lint.dataflow.coroutines.new_loops import is_flask_route, run_by_decorator, run_in_new_loop
from forge_doctor.lint.dataflow.coroutines.repeated_runs import repeated, scheduled
from forge_doctor.lint.dataflow.sessions.module_engines import EngineUse, engine_used, is_disposed
from forge_doctor.regex import regex

SUSPECT = AnyWord(
    b"asyncio.run(", b"import run", b"run_until_complete", b"anyio.run(", b"async_to_sync", b"task", b"job", b"flask"
)
# A file of tasks that call a service may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("queries",)
SERVERS = frozenset({"uvicorn.run"})
CHILDREN = ("reload", "workers")  # the server runs in processes of its own, which begin anew
MOST_BEHIND = 40  # calls further down that are looked at


@check(severity=Severity.ERROR)
def engine_across_event_loops(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what is run in a loop of its own, again and again."""
    if is_test_file(file):
        return
    yield from of_flask(file, project)
    yield from of_decorated(file, project)
    if not has_evidence(file):
        return
    for function in project.scopes(file).functions:
        if function.is_async or not may_run(function):
            continue
        for call in function.find(Call, nested=False):
            coroutine = run_in_new_loop(project, call)
            target = None if coroutine is None else function_of_coroutine(project, coroutine)
            used = None if target is None else engine_used(project, target)
            if target is None or used is None or keeps_nothing(used) or is_disposed(project, function, target):
                continue
            again = repeated(project, function, call)
            if again:
                yield found(file, call, target, used, again)
                break
            after = next_loop(project, call, calls_behind(function, call), used)
            if after is not None:
                yield found_before(file, call, target, used, after)
                break
    yield from of_module(file, project)
    yield from of_lambdas(file, project)


def of_lambdas(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`scheduler.add_job(lambda: asyncio.run(purge()))`: each run of the job makes a loop."""
    for call in file.calls("run") if file.mentions(b"lambda") else ():
        again = scheduled(call)
        coroutine = run_in_new_loop(project, call) if again else None
        target = None if coroutine is None else function_of_coroutine(project, coroutine)
        used = None if target is None else engine_used(project, target)
        if target is not None and used is not None and not keeps_nothing(used) and not is_disposed(project, target):
            yield found(file, call, target, used, again)


def of_flask(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`async def` views of Flask, which runs each call of one in a new event loop (asgiref)."""
    for function in project.scopes(file).functions if file.mentions(b"flask") else ():
        if not function.is_async or not any(is_flask_route(project, one) for one in function.decorators):
            continue
        used = engine_used(project, function)
        if used is not None and not keeps_nothing(used) and not is_disposed(project, function):
            yield file.finding(
                engine_across_event_loops,
                function,
                f"Flask runs each call of {function.name}() in an event loop of its own, and it takes connections of an "
                'engine that outlives it: a pooled connection of an earlier loop fails with "attached to a different loop"',
                confidence=Confidence.HIGH,
                remedy="`poolclass=NullPool` for the engine, or an ASGI framework such as Quart",
                related=(
                    Related(message="the engine", location=used.engine.call.file.location(used.engine.call)),
                    Related(message="takes a connection", location=used.at.file.location(used.at)),
                ),
            )


def of_decorated(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`@task @synchronous async def job()`, where a decorator of the project runs each call in a new event loop."""
    for function in project.scopes(file).functions:
        # Below the queue's own decorator stands the one that makes a plain function of it.
        if not function.is_async or len(function.decorators) < 2:
            continue
        decorator = run_by_decorator(project, function)
        used = None if decorator is None else engine_used(project, function)
        if decorator is None or used is None or keeps_nothing(used) or is_disposed(project, function, decorator):
            continue
        again = background_starter(project, function)
        if again:
            how = next(one for one in function.decorators if project.value_of(one).definition is decorator)
            yield found(file, how, function, used, again)


def of_module(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`asyncio.run(tables())` and then `asyncio.run(rows())` in the lines of a script."""
    calls = [one for one in file.calls("run", "run_until_complete") if isinstance(one.owner, Module)]
    for at, call in enumerate(calls if len(calls) > 1 else ()):
        coroutine = run_in_new_loop(project, call)
        target = None if coroutine is None else function_of_coroutine(project, coroutine)
        used = None if target is None else engine_used(project, target)
        if target is None or used is None or keeps_nothing(used) or is_disposed(project, target):
            continue
        behind = (one for one in calls[at + 1 : at + 1 + MOST_BEHIND] if always_before(call, one))
        after = next_loop(project, call, behind, used)
        if after is not None:
            yield found_before(file, call, target, used, after)
            return


EVIDENCE = (b"asyncio", b"anyio", b"run_until_complete", b"async_to_sync")
RUNNERS = (regex(rb"run(?<!\wrun)\w{0,40}\("), regex(rb"sync\w{0,40}\("))


def has_evidence(file: SourceFile) -> bool:
    """Whether the file says a word of event loops, or calls something by the name of what runs one."""
    return file.mentions(*EVIDENCE) or any(one.search(file.data) is not None for one in RUNNERS)


def may_run(function: FunctionDef) -> bool:
    """Whether its bytes have a call of a runner's name."""
    text = function.file.data[function.start : function.end]
    return any(word in text for word in (b"run", b"sync("))


def keeps_nothing(used: EngineUse) -> bool:
    """Whether the engine keeps no connection, or one that belongs to no loop."""
    engine = used.engine
    dsn = engine.dsn or engine.default_dsn
    if engine.pool_class == "NullPool" or engine.is_custom or engine.has_spread or not engine.is_async:
        return True
    written = engine.keyword("poolclass")
    return (written is not None and not engine.pool_class) or (dsn is not None and dsn.dialect == "sqlite")


def calls_behind(function: FunctionDef, call: Call) -> Iterator[Call]:
    """The calls of a function that surely come after one."""
    return (one for one in function.find(Call, nested=False) if one.start >= call.end and always_before(call, one))


def next_loop(project: Project, first: Call, calls: Iterable[Call], used: EngineUse) -> Call | None:
    """The call further down that makes the next loop: a server's, or one that uses the engine as well."""
    for one in islice(calls, MOST_BEHIND):
        if is_same_loop(first, one):
            continue
        if project.qualified(one.func) in SERVERS:
            return None if any(one.keyword(name) is not None for name in CHILDREN) else one
        coroutine = run_in_new_loop(project, one)
        target = None if coroutine is None else function_of_coroutine(project, coroutine)
        other = None if target is None else engine_used(project, target)
        if other is not None and other.engine.call is used.engine.call:
            return one
    return None


def is_same_loop(first: Call, later: Call) -> bool:
    """Whether both are `loop.run_until_complete(...)` of one loop: nothing in between gives the name another."""
    loop = first.receiver
    if first.method != "run_until_complete" or later.method != first.method or not isinstance(loop, Name):
        return False
    between = first.file.data[first.end : later.start]
    rebound = re.search(rb"(?<![\w.])" + re.escape(loop.text).encode() + rb"\s*(?::[^=\n]*)?=[^=]", between)
    return later.is_on(loop.text) and rebound is None


def found_before(file: SourceFile, call: Call, target: FunctionDef, used: EngineUse, after: Call) -> Finding:
    """The finding for a loop that leaves its connections to the next one."""
    return file.finding(
        engine_across_event_loops,
        call,
        f"`{call.func.text}()` leaves the connections that {target.name}() took in the pool, and `{after.func.text}()` in line "
        f'{after.line} goes on in another event loop: the first of them fails there with "attached to a different loop"',
        confidence=Confidence.MEDIUM,
        remedy=f"`await engine.dispose()` at the end of {target.name}(), or do its work where the server starts (lifespan)",
        related=(
            Related(message="the engine", location=used.engine.call.file.location(used.engine.call)),
            Related(message="takes a connection", location=used.at.file.location(used.at)),
        ),
    )


def found(file: SourceFile, runner: Node, target: FunctionDef, used: EngineUse, again: str) -> Finding:
    """The finding, at the call or decorator that makes the loop."""
    made = used.engine.call
    name = f"{runner.func.text}()" if isinstance(runner, Call) else f"@{runner.text}"
    return file.finding(
        engine_across_event_loops,
        runner,
        f"`{name}` makes a new event loop for each run ({again}), and {target.name}() takes connections of an "
        f'engine that outlives it: a pooled connection of an earlier loop fails with "attached to a different loop"',
        confidence=Confidence.HIGH,
        remedy="`poolclass=NullPool` for the engine of the jobs, or `await engine.dispose()` at the end of each run",
        related=(
            Related(message="the engine", location=made.file.location(made)),
            Related(message="takes a connection", location=used.at.file.location(used.at)),
        ),
    )
