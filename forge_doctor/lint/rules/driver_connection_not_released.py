"""A connection of an engine, a pool or asyncpg is taken and never given back.

Why: `await pool.acquire()` without `release()`, or psycopg's `getconn()` without `putconn()`, keeps the connection
out of the pool until the pool is closed: after `max_size` calls every `acquire()` waits for ever. `await
asyncpg.connect()` without `close()` leaves a session on the server until the object is collected. `await
engine.connect()` or `engine.raw_connection()` without `close()` stays checked out: "The garbage collector is trying
to clean up non-checked-in connection".

Bad:

    import asyncpg

    async def names(pool: asyncpg.Pool):
        connection = await pool.acquire()
        return await connection.fetch("SELECT name FROM users")

Good:

    import asyncpg

    async def names(pool: asyncpg.Pool):
        async with pool.acquire() as connection:
            return await connection.fetch("SELECT name FROM users")

Wrong when: somebody else gives it back: a connection that is handed on, returned, yielded or stored is left alone, and so is
that of a script, which ends with its process.
Source: https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.pool.Pool.acquire
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_functions
from forge_doctor.code.syntax.nodes import (
    Assign,
    Await,
    Call,
    Except,
    Finally,
    FunctionDef,
    Name,
    Node,
    Return,
    Try,
    With,
)
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.sessions.transactions import calls_between, is_handed

SUSPECT = WordsThen(rb"await\s+[\w.]+\.(?:acquire|raw_connection|\w*conn\w*)\s*\(", b"acquire", b"conn")
# A bot's command that takes one of its bot's pool may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("opens",)
TAKING = frozenset({"acquire", "getconn", "connect", "raw_connection"})
LENT = ("acquire", "connect")
GIVERS = {"acquire": Kind.ASYNCPG_POOL, "getconn": Kind.PSYCOPG_POOL}
# What enters the same in a block.
BLOCKS = {"acquire": "acquire", "getconn": "connection"}


@check(severity=Severity.ERROR)
def driver_connection_not_released(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every connection that is taken by `await` and bound to a name."""
    if is_test_file(file):
        return
    lent = lending_names(project) & file.names_called
    for call in file.calls(*sorted(TAKING), *lent, awaited=True):
        around = call.parent
        bound = around.parent if isinstance(around, Await) else None
        if not isinstance(bound, Assign) or not isinstance(bound.target, Name) or bound.function is None:
            continue
        if not is_taken(project, call) or bound.target.id in project.scopes(file).of(bound.target).outer_names:
            continue
        if not is_given_back(bound.function, bound.target.id, bound.end):
            if not ends_with_program(project, bound.function):
                taken = call if call.method in TAKING else lent_by(project, call) or call
                yield found(file, call, bound.target.id, taken)
        elif (left := left_before_release(bound, bound.target.id)) is not None:
            yield found_skipped(file, call, bound.target.id, left)
        elif call.method in GIVERS and (failing := fails_before_release(bound, bound.target.id)) is not None:
            yield found_failing(file, call, bound.target.id, failing)


def ends_with_program(project: Project, function: FunctionDef) -> bool:
    """Whether it is what a script runs as a whole, `asyncio.run(main())`: its connection ends with the process."""
    runs = [one for one in function.file.calls("run") if project.qualified(one.func) in ("asyncio.run", "anyio.run")]
    whole = [one for one in runs if one.function is None and one.args and is_call_of(one.args[0], function)]
    return bool(whole) and len(list(function.file.calls(function.name))) == len(whole)


def is_call_of(given: Node, function: FunctionDef) -> bool:
    """`main()`, or `main`."""
    return (given.func if isinstance(given, Call) else given).text == function.name


def is_taken(project: Project, call: Call) -> bool:
    """Whether it surely is a pool's `acquire()`, asyncpg's `connect()`, or the same of an engine; or of a function of the
    project that hands out what a pool gave it."""
    if call.method not in TAKING:
        return is_lent(project, call)
    if project.qualified(call.func) == "asyncpg.connect":
        return True
    value = project.known(call.receiver) if call.receiver is not None else None
    giver = GIVERS.get(call.method, Kind.ASYNC_ENGINE)
    return value is not None and value.kind is giver and value.confidence is Confidence.HIGH


def is_lent(project: Project, call: Call) -> bool:
    """Whether every `return` of the called function hands out a connection that it has just taken from a pool, or opened."""
    return lent_by(project, call) is not None


def lent_by(project: Project, call: Call) -> Call | None:
    """The first call by which a function takes or opens the connections that all its `return`s hand out."""
    function = project.called(call)
    if function is None or function.is_generator or function.decorators:
        return None
    given = [one.value for one in function.find(Return, nested=False)]
    taken = [one.value for one in given if isinstance(one, Await) and isinstance(one.value, Call)]
    calls = [one for one in taken if isinstance(one, Call) and one.method in LENT and is_taken(project, one)]
    return calls[0] if calls and len(calls) == len(given) else None


@kept_for_the_run
def lending_names(project: Project) -> frozenset[str]:
    """The names of functions that return what they have acquired."""
    return marked_functions(project, Mark.LENDS)


def is_given_back(function: FunctionDef, name: str, start: int) -> bool:
    """Whether the function releases, closes or hands on the connection."""
    if is_handed(function, name, start, function.end):
        return True
    ends = rb"\b" + re.escape(name).encode() + rb"\s*\.\s*(?:close|terminate)\b|\b(?:release|putconn)\b"
    return re.search(ends, function.file.data[start : function.end]) is not None


def left_before_release(bound: Assign, name: str) -> Return | None:
    """A `return` between the two that no `finally` releases behind."""
    function = bound.function
    if function is None or is_handed_on(function, name, bound.end):
        return None
    ends = [one for one in calls_between(function, bound.end, function.end) if releases(one, name)]
    if not ends or any(isinstance(around, Finally | Except | With) for one in ends for around in one.ancestors):
        return None
    returns = (one for one in function.find(Return, nested=False) if bound.end < one.start < ends[0].start)
    return next((one for one in returns if not is_for_failure(one, bound)), None)


def fails_before_release(bound: Assign, name: str) -> Await | None:
    """An `await` between the two whose error nobody catches, where one plain statement of the same block releases it."""
    function = bound.function
    if function is None or is_handed_on(function, name, bound.end):
        return None
    ends = [one for one in calls_between(function, bound.end, function.end) if releases(one, name)]
    if len(ends) != 1 or any(isinstance(one, Finally | Except | With | Try) for one in ends[0].ancestors):
        return None
    waits = (one for one in function.find(Await, nested=False) if bound.end < one.start and one.end < ends[0].start)
    return next((one for one in waits if one.enclosing(Try) is None), None)


def is_for_failure(left: Return, bound: Assign) -> bool:
    """Whether the `return` is a handler's for the line that takes the connection: there is none then."""
    handlers = (one.parent for one in left.ancestors if isinstance(one, Except))
    return any(isinstance(around, Try) and around.contains(bound) for around in handlers)


def is_handed_on(function: FunctionDef, name: str, start: int) -> bool:
    """Whether anybody but the pool gets the connection."""
    used = rb"(?<!release\()(?<!putconn\()\b" + re.escape(name).encode() + rb"\b\s*[,)\]}\n]"
    return re.search(used, function.file.data[start : function.end]) is not None


def releases(call: Call, name: str) -> bool:
    """`pool.release(connection)` or `connection.close()`."""
    if call.method in ("release", "putconn"):
        return any(one.text == name for one in call.args)
    return call.method in ("close", "terminate") and call.is_on(name)


def in_a_block(call: Call, name: str) -> str:
    """The block to type in the place of the call."""
    pool = call.receiver.text if call.receiver is not None and call.method in TAKING else "pool"
    return (
        f"async with {pool}.{BLOCKS.get(call.method, call.method if call.method in TAKING else 'acquire')}() as {name}:"
    )


def found_skipped(file: SourceFile, call: Call, name: str, left: Return) -> Finding:
    """The finding for a way out that leaves it taken."""
    return file.finding(
        driver_connection_not_released,
        call,
        f"`{name}` is not given back where line {left.line} returns: each such call takes one connection for good",
        confidence=Confidence.HIGH,
        remedy=in_a_block(call, name) if call.method in GIVERS else "try: ... finally:",
        related=(Related(message="returns from here", location=file.location(left)),),
    )


def found_failing(file: SourceFile, call: Call, name: str, failing: Await) -> Finding:
    """The finding for an error that leaves it taken."""
    return file.finding(
        driver_connection_not_released,
        call,
        f"`{name}` is given back in no `finally`: an error in line {failing.line} skips that, and the connection stays out of the "
        "pool",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        remedy=in_a_block(call, name) if call.method in GIVERS else "try: ... finally:",
        related=(Related(message="skips the release", location=file.location(failing)),),
    )


def found(file: SourceFile, call: Call, name: str, taken: Call) -> Finding:
    """The finding where the connection is taken: by `taken`, be it in the function that is called there."""
    pooled = is_acquired = taken.method not in ("connect", "raw_connection")
    lost = "stays out of the pool: once all are, who asks it waits" if pooled else "stays open on the server"
    if taken.receiver is not None and taken.receiver.text != "asyncpg" and not pooled:
        lost, pooled = "stays checked out of the engine's pool until it is collected", call.method == "connect"
    return file.finding(
        driver_connection_not_released,
        call,
        f"`{name}` is never {'released' if is_acquired else 'closed'}: the connection {lost}",
        confidence=Confidence.HIGH,
        remedy=in_a_block(call, name) if pooled else f"try: ... finally: await {name}.close()",
    )
