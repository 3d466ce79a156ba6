"""`run_sync()` is given a result or a coroutine function instead of a plain function.

Why: `await connection.run_sync(function)` calls the function with a sync connection or session in a greenlet. Written
with a call, `run_sync(Base.metadata.create_all())`, the call runs first, without a connection: TypeError. An
`async def` gives a coroutine that nothing awaits: none of it runs, without an error.

Bad:

    from sqlalchemy.ext.asyncio import AsyncEngine

    async def create(engine: AsyncEngine, Base):
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all())

Good:

    from sqlalchemy.ext.asyncio import AsyncEngine

    async def create(engine: AsyncEngine, Base):
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

Wrong when: the call gives a function. Told are calls of `create_all`, `drop_all` and `reflect`, of what is an
`async def` of the project, and such a function itself where its result is not awaited in turn.

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.AsyncConnection.run_sync
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Await, Call, FunctionDef, Lambda, Name, Node, Return
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Edit, Finding, Severity

SUSPECT = AnyWord(b"run_sync(")
OF_TABLES = frozenset({"create_all", "drop_all", "reflect"})
RUNNING = (Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.ASYNC_CONNECTION)


@check(severity=Severity.ERROR)
def run_sync_misused(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what every `run_sync()` of a session or connection is given."""
    for call in file.calls("run_sync"):
        given = call.args[0] if call.args else None
        value = None if call.receiver is None else project.known(call.receiver)
        if given is None or value is None or value.kind not in RUNNING or value.confidence is Confidence.LOW:
            continue
        fault = of_result(project, given) if isinstance(given, Call) else of_function(project, call, given)
        if fault:
            yield found(file, call, given, fault, value.confidence)


def of_result(project: Project, given: Call) -> str:
    """What is wrong with the result of a call as an argument; empty where it may be a function."""
    if given.method == "partial" and given.args:
        return COROUTINE if is_coroutine_function(project, given.args[0]) else ""
    owner = given.func.value if isinstance(given.func, Attribute) else None
    named = "" if owner is None else owner.text + followed(project, owner).text
    if given.method in OF_TABLES and "metadata" in named.lower():
        return f"`{given.text}` is called right here, without a connection, and its result is no function: TypeError"
    if is_coroutine_function(project, given.func):
        return f"`{given.func.text}()` gives a coroutine, which cannot be called: TypeError, and it never runs"
    return ""


COROUTINE = (
    "it is an `async def`: run_sync() calls it and hands its coroutine back, which nothing awaits; none of it runs"
)


def of_function(project: Project, call: Call, given: Node) -> str:
    """What is wrong with a function as an argument: `f`, or `lambda session: f(session)`."""
    if isinstance(given, Lambda) and isinstance(given.body, Call):
        given = given.body.func
    if not isinstance(given, Name | Attribute) or is_awaited_in_turn(call):
        return ""
    return COROUTINE if is_coroutine_function(project, given) else ""


def is_awaited_in_turn(call: Call) -> bool:
    """Whether the coroutine that comes back is awaited: right there, by its name, or by who gets it."""
    outer = call.parent.parent if isinstance(call.parent, Await) else None
    if isinstance(outer, Assign):
        function = call.function
        name = re.escape(outer.target.text).encode()
        behind = b"" if function is None else function.file.data[outer.end : function.end]
        return re.search(rb"\bawait\b[^\n]*\b%s\b|\breturn\s+%s\b" % (name, name), behind) is not None
    return isinstance(outer, Await | Return | Call)


def is_coroutine_function(project: Project, node: Node) -> bool:
    """Whether it surely is a plain `async def` of the project."""
    value = project.value_of(node)
    function = value.definition if value.kind is Kind.FUNCTION else None
    return isinstance(function, FunctionDef) and function.is_async and not function.decorators


def found(file: SourceFile, call: Call, given: Node, fault: str, confidence: Confidence) -> Finding:
    """The finding; what is called without arguments can be handed over as it is."""
    plain = isinstance(given, Call) and not given.args and not given.keywords and given.method in OF_TABLES
    edits: tuple[Edit, ...] = (file.deletion(given.func.end, given.end),) if isinstance(given, Call) and plain else ()
    if isinstance(given, Call):
        remedy = f"await {call.func.text}({given.func.text})" if plain else "hand over a plain function, uncalled"
    else:
        remedy = f"a plain `def {given.text}(session)`, or `await {given.text}(...)` without run_sync()"
    return file.finding(run_sync_misused, given, fault, confidence=confidence, remedy=remedy, edits=edits)
