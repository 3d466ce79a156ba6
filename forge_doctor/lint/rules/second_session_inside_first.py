"""A second session is opened while the first one keeps a connection.

Why: each such request takes two connections of the pool. With as many requests at once as the pool has connections,
each holds its first and waits for a second: none goes on until "QueuePool limit ... reached, connection timed out".
The two sessions are also two transactions: the second does not see what the first has written.

Bad:

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def move():
        async with Session() as session:
            await session.execute(text("update stock set moved = true"))
            async with Session() as other:
                await other.execute(text("insert into log values ('moved')"))
            await session.commit()

Good:

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def move():
        async with Session() as session:
            await session.execute(text("update stock set moved = true"))
            await session.commit()
        async with Session() as other:
            await other.execute(text("insert into log values ('moved')"))

Wrong when: the two are of different pools, or the first has given its connection back. Both sessions must come from the
same factory, without a `bind=` of its own and not of NullPool, the first must have queried with no commit, rollback or
close since, and the second must query too. A session that a function opens only where it is given none, or only for an
option the call leaves out, is none for that call.

Source: https://docs.sqlalchemy.org/en/20/errors.html#error-3o7r;
https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing (pool locking); with a pool of two, two such calls at
once ended in "QueuePool limit of size 2 overflow 0 reached"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.semantics.entry_points import dependency_names
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Await, Call, FunctionDef, Name, Node, With, WithItem, Yield
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked, is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.connections.connection_stretches import state_before, uses_in
from forge_doctor.lint.dataflow.connections.given_sessions import TakenTwice, taken_around, taken_by_called
from forge_doctor.lint.dataflow.connections.handles import (
    THE_SESSION,
    entered_around,
    injected_handles,
    is_session,
    session_sources,
)
from forge_doctor.lint.dataflow.connections.held_connections import step_of
from forge_doctor.lint.dataflow.connections.units_of_work import entered_again
from forge_doctor.lint.dataflow.frameworks.injection import endpoint_decorator
from forge_doctor.lint.dataflow.one_time import runs_once
from forge_doctor.lint.dataflow.requests.left_by_dependencies import held_by_dependencies
from forge_doctor.lint.dataflow.sessions.commits_at_exit import SESSIONS
from forge_doctor.lint.dataflow.sessions.factories import Factory, factory_of
from forge_doctor.lint.dataflow.sessions.module_engines import engine_behind, engine_used
from forge_doctor.lint.dataflow.sessions.transactions import calls_of, stacked_in
from forge_doctor.regex import regex

SUSPECT = WordsThen(
    rb"with\s+[\w.]+\([^\n]*\)\s+as\s+\w+|Depends\(|enter_async_context\(|AsyncSession\b|fastapi|@\w*session",
    *(b"acquire", b"ExitStack", b"engine", b"ession", b"aker", b"actory", b"ocal"),
    *(b"db", b"DB", b"uow", b"Unit", b"_of_work"),
)
# Who enters a unit of work may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("opens",)
# A connection that is entered is taken at once; a session takes one with its first query.
CONNECTIONS = frozenset({Kind.ASYNC_CONNECTION, Kind.ASYNCPG_CONNECTION})
TAKING = frozenset({"acquire", "connect", "begin"})
MAX_DEPTH = 2
OPENED = regex(rb"with(?<!\wwith)\s+([\w.]{1,200})\(")


class First(NamedTuple):
    """The first session, in words, and what has taken its connection."""

    who: str
    query: Call
    confidence: Confidence


@check(severity=Severity.WARNING)
def second_session_inside_first(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what holds a connection around every session that is opened."""
    if is_test_file(file) or runs_once(file):
        return
    for match in OPENED.finditer(file.data):
        node = file.node_at(match.end(1) - 1)
        item = None if node is None else node.enclosing(WithItem)
        statement = None if item is None else item.enclosing(With)
        if item is None or statement is None or not isinstance(item.target, Name) or not isinstance(item.value, Call):
            continue
        kind = project.entered(project.value_of(item.value)).kind
        function = item.function
        if kind in CONNECTIONS and function is not None:
            yield from of_connection(file, project, statement, item)
        if kind not in SESSIONS:
            continue
        first = None if function is None else first_around(project, function, statement, item.value)
        if first is None and (twice := taken_around(project, item.value)) is not None:
            first = of_given(twice)
        own = ((item.target.text, THE_SESSION),)
        if first is not None and uses_in(project, statement, own).query is not None:
            yield found(file, item.value, first)
        if function is not None:
            yield from of_called(file, project, function, statement, item)
    yield from of_stacks(file, project)
    yield from of_units(file, project)
    yield from of_endpoints(file, project)
    for twice in taken_by_called(file, project):
        yield found(file, twice.opens, of_given(twice))


def of_given(twice: TakenTwice) -> First:
    """A session that the function did not make itself: of the same pool, where there is but one."""
    return First(f"`{twice.first}`", twice.query, Confidence.MEDIUM)


def of_stacks(file: SourceFile, project: Project) -> Iterator[Finding]:
    """What is opened in an exit stack: `other = await stack.enter_async_context(Session())`."""
    for function in project.scopes(file).functions if file.mentions(b"ExitStack") else ():
        for name, one in stacked_in(function):
            if one.block is None or not is_session(project, one.opener):
                continue
            first = first_around(project, function, one.opener, one.opener)
            own = ((name, THE_SESSION),)
            if first is not None and uses_in(project, one.block, own, one.opener.end).query is not None:
                yield found(file, one.opener, first)


def of_units(file: SourceFile, project: Project) -> Iterator[Finding]:
    """A unit of work that is entered, here or in a function that is awaited, while one of the same class has queried."""
    for function in project.scopes(file).functions if file.mentions(b"with ") else ():
        for call, query, who in entered_again(project, function):
            yield found(file, call, First(f"`{who}`", query, Confidence.MEDIUM))


def of_connection(file: SourceFile, project: Project, statement: With, item: WithItem) -> Iterator[Finding]:
    """What is opened, here or in a function that is awaited, while a connection of the same pool is held: that one has
    been taken where its block begins."""
    opens = item.value
    pool = factory_of(project, opens) if isinstance(opens, Call) else None
    if pool is None or not isinstance(opens, Call):
        return
    name = "the block" if item.target is None else f"`{item.target.text}`"
    for call in statement.find(Call, nested=False):
        if call.start < statement.items[-1].end or (call.receiver is not None and is_mocked(call.receiver)):
            continue
        inner = call if isinstance(call.parent, WithItem) and call.parent is not item else None
        own = inner is not None and project.entered(project.value_of(call)).kind in CONNECTIONS
        called = project.called(call) if isinstance(call.parent, Await) else None
        if (own and factory_of(project, call) == pool) or (called is not None and takes_of(project, called, pool)):
            yield found(file, call, First(name, opens, Confidence.MEDIUM))
            return


def takes_of(project: Project, function: FunctionDef, pool: Factory, depth: int = 0) -> bool:
    """Whether a function opens a connection of this pool, itself or by what it awaits."""
    for call in calls_of(function):
        if isinstance(call.parent, WithItem) and call.method in TAKING and factory_of(project, call) == pool:
            return True
        called = project.called(call) if depth < MAX_DEPTH and isinstance(call.parent, Await) else None
        if called is not None and called is not function and takes_of(project, called, pool, depth + 1):
            return True
    return False


def of_endpoints(file: SourceFile, project: Project) -> Iterator[Finding]:
    """A function that is awaited while the session of the request has a connection, and opens one of its own."""
    # A type of another file may bring the session: `session: SessionDep`.
    for function in project.scopes(file).functions if file.mentions(b"Depends", b"fastapi") else ():
        is_lent = function.is_async and function.name in dependency_names(project)
        if not is_lent and not (function.is_async and function.decorators and endpoint_decorator(project, function)):
            continue
        for source in session_sources(project, function):
            lent = next(iter(source.find(Yield, nested=False)), None)
            made = [one.value for _, one in entered_around(project, lent)] if lent is not None else []
            factories = [factory_of(project, one) for one in made if isinstance(one, Call)]
            found_here = in_endpoint(project, function, source, [one for one in factories if one is not None])
            if found_here is not None:
                yield found(file, *found_here)


def in_endpoint(
    project: Project, function: FunctionDef, source: FunctionDef, factories: list[Factory]
) -> tuple[Call, First] | None:
    """The call that opens the second session, and what the first one has done."""
    handles = injected_handles(project, function, source)
    for call in function.find(Call, nested=False) if factories and handles else ():
        called = project.called(call) if isinstance(call.parent, Await) else None
        used = None if called is None else engine_used(project, called, call)
        if used is None or not isinstance(used.at, Call) or factory_of(project, used.at) not in factories:
            continue
        state = state_before(project, function, handles, function.start, call.start)
        if state.at is not None and not state.handed:
            return call, First(f"the session of {source.name}()", state.at, Confidence.MEDIUM)
    return None


def of_called(
    file: SourceFile, project: Project, function: FunctionDef, statement: With, item: WithItem
) -> Iterator[Finding]:
    """A function that is awaited while the session has a connection, and opens one of the same factory itself."""
    if not isinstance(item.value, Call) or item.target is None:
        return
    factory, own = factory_of(project, item.value), ((item.target.text, THE_SESSION),)
    for call in statement.find(Call, nested=False):
        called = project.called(call) if factory is not None and isinstance(call.parent, Await) else None
        used = None if called is None else engine_used(project, called, call)
        if used is None or not isinstance(used.at, Call) or factory_of(project, used.at) != factory:
            continue
        state = state_before(project, function, own, item.start, call.start)
        given = step_of(project, call, dict(own), waits=False)  # it may commit the one that it is given first
        if state.at is not None and not state.handed and not given.ended:
            yield found(file, call, First(f"`{item.target.text}`", state.at, Confidence.MEDIUM))
            return


def first_around(project: Project, function: FunctionDef, statement: Node, opens: Call) -> First | None:
    """A session of the same factory that has a connection where the second one is opened."""
    factory = factory_of(project, opens)
    if factory is None:
        return None
    if is_bound_elsewhere(opens) or keeps_no_connection(project, opens):
        return None
    for name, outer in entered_around(project, statement):
        if isinstance(outer.value, Call) and factory_of(project, outer.value) == factory:
            state = state_before(project, function, ((name, THE_SESSION),), outer.start, statement.start)
            if state.query is not None and state.at is not None and not state.handed:
                sure = Confidence.HIGH if state.query is state.at else Confidence.MEDIUM
                return First(f"`{name}`", state.at, sure)
    return of_request(project, function, statement, factory)


def is_bound_elsewhere(opens: Call) -> bool:
    """Whether the session is given an engine or connection of its own: `Session(bind=other)`."""
    return opens.method != "begin" and opens.argument(0, "bind") is not None and opens.receiver is None


def keeps_no_connection(project: Project, opens: Call) -> bool:
    """Whether the pool behind it has no limit to wait at: NullPool opens a connection for each session."""
    engine = engine_behind(project, opens)
    return engine is not None and engine.pool_class == "NullPool"


def of_request(project: Project, function: FunctionDef, statement: Node, factory: object) -> First | None:
    """The session that the function is injected with, or that a dependency of it works with."""
    for source in session_sources(project, function):
        lent = next(iter(source.find(Yield, nested=False)), None)
        made = [] if lent is None else [one.value for _, one in entered_around(project, lent)]
        if not any(isinstance(one, Call) and factory_of(project, one) == factory for one in made):
            continue
        state = state_before(
            project, function, injected_handles(project, function, source), function.start, statement.start
        )
        if state.ended or state.handed:
            return None
        if state.at is not None:
            return First(f"the session of {source.name}()", state.at, Confidence.MEDIUM)
        for held in held_by_dependencies(project, function):
            if held.source is source:
                return First(f"the session of {source.name}()", held.at, Confidence.MEDIUM)
    return None


def found(file: SourceFile, opens: Node, first: First) -> Finding:
    """The finding, where the second session is opened, or what opens it is called."""
    opened = f"{opens.func.text}()" if isinstance(opens, Call) else opens.text
    return file.finding(
        second_session_inside_first,
        opens,
        f"{first.who} keeps the connection of `{first.query.func.text}()` while `{opened}` takes a second one of "
        "the same pool: as many such calls at once as the pool has connections wait for each other",
        confidence=first.confidence,
        remedy="work with the first session, or commit it before the second one is opened",
        related=(Related(message="takes the first connection", location=first.query.file.location(first.query)),),
    )
