"""Rows are written and nobody on the way commits.

Why: leaving the `async with` of a session closes it, and closing rolls back: the insert, update or delete
is gone, with no error and no log line. `async with Session() as session` does not commit;
`Session.begin()` and `session.begin()` do.

Bad:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def save(user):
        async with Session() as session:
            session.add(user)
            await session.flush()

Good:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def save(user):
        async with Session() as session:
            session.add(user)
            await session.commit()

A connection of `engine.connect()` is the same: `await connection.commit()`, or `engine.begin()`.

A function that flushes and leaves the commit to its caller may be right: told is the block, or the dependency with an
endpoint, where neither it nor anything that it hands its session to commits.

Wrong when: somebody else commits: the session is handed on out of sight, a dependency, a unit of work or a context manager of
    the project ends it, the connection is in AUTOCOMMIT, or the function says that it only tries (dry_run, preview).
Source: https://docs.sqlalchemy.org/en/20/orm/session_basics.html#opening-and-closing-a-session
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Name, Node, Param, WithItem
from forge_doctor.code.syntax.prefilter import AnyCall, AnyWord, Both, Either, WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.connections.handles import THE_SESSION
from forge_doctor.lint.dataflow.connections.units_of_work import Unit, units
from forge_doctor.lint.dataflow.objects.pending_changes import changes
from forge_doctor.lint.dataflow.requests.closing_blocks import (
    closing_blocks,
    connected_without_commit,
    is_alone,
    opened_without_commit,
)
from forge_doctor.lint.dataflow.requests.open_writes import lost_write, open_write, open_write_within
from forge_doctor.lint.dataflow.requests.providers import provider_without_commit
from forge_doctor.lint.dataflow.response_models import route_decorator
from forge_doctor.lint.dataflow.sessions.transactions import is_write, opened_by, session_calls
from forge_doctor.regex import regex

CALLS = "add add_all delete merge flush execute get get_one scalar scalars exec Depends"
SUSPECT = Either(
    Both(
        AnyCall(*CALLS.split()),
        # Apart, since a pattern that begins with a choice takes five times as long.
        Either(
            WordsThen(rb"Depends(?<!\wDepends)\(", b"Depends"),
            Either(
                WordsThen(
                    rb"\.\s*(?:add|add_all|delete|merge|flush|execute)\s*\(",
                    *(b"add", b"delete", b"merge", b"flush", b"execute"),
                ),
                WordsThen(rb"await[ \t(]+[\w.]+\.(?:get|get_one|scalars?|exec)\(", b"await"),
            ),
        ),
    ),
    Either(
        # A session of its own, that others write with; a unit of work that was given.
        WordsThen(
            rb"with\s+[\w.]+(?:\([^\n]*\)\s+as\s+\w+|\s*:)",
            *(b"ession", b"aker", b"actory", b"ocal", b"db", b"DB", b"uow", b"unit"),
        ),
        AnyWord(b"fastapi"),
    ),
)
# Who enters a unit of work may say no word of a database.
EVERYWHERE = True
# A route may get its session by a type of another file: `session: SessionDep`.
INJECTED = (b"Depends", b"Annotated", b"fastapi")
WRITING = frozenset({"add", "add_all", "delete", "merge", "execute", "scalar", "scalars", "exec"})
DELIBERATE = regex(r"dry|preview|simulat|rollback|test|explain|fixture|no_?commit", re.IGNORECASE)
ENDS = regex(r"commit|rollback|\.begin", re.IGNORECASE)


class Write(NamedTuple):
    """What changes rows, through which session; `says` begins the message."""

    node: Node
    says: str
    session: Name
    function: FunctionDef
    confidence: Confidence


@check(severity=Severity.ERROR)
def write_never_committed(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at sessions opened and closed around a write, and at routes whose session a dependency gives."""
    if is_test_file(file):
        return
    seen: set[tuple[int, str]] = set()
    for write in (*called_writes(file, project), *changed_objects(file, project)):
        function, session = write.function, write.session
        if (function.start, session.id) in seen or DELIBERATE.search(function.name):
            continue
        seen.add((function.start, session.id))
        judged = (
            opened_without_commit(project, function, session)
            or connected_without_commit(project, function, session)
            or given_without_commit(project, function, session)
        )
        if judged is not None:
            yield found(file, write, judged[0], min(write.confidence, judged[1]))
    yield from of_endpoints(file, project, seen)
    yield from of_dependencies(file, project)
    yield from of_blocks(file, project, seen)
    yield from of_units(file, project)


def of_blocks(file: SourceFile, project: Project, told: set[tuple[int, str]]) -> Iterator[Finding]:
    """A write in what gets the session of a block, where nothing on the way commits."""
    for function in project.scopes(file).functions if file.mentions(b"with ") else ():
        if DELIBERATE.search(function.name):
            continue
        for block, item in closing_blocks(project, function):
            session = "" if item.target is None else item.target.text
            if (function.start, session) in told or ENDS.search(block.text):
                continue
            write = open_write_within(project, block, ((session, THE_SESSION),))
            if write is not None and not block.contains(write) and not DELIBERATE.search(function_name(write)):
                told.add((function.start, session))
                yield found_in_block(file, write, item)


def function_name(write: Call) -> str:
    """The function that a write stands in."""
    return "" if write.function is None else write.function.name


def found_in_block(file: SourceFile, write: Call, item: WithItem) -> Finding:
    """The finding, at what opens the session: who writes may be right to leave the commit to the caller."""
    session = "" if item.target is None else item.target.text
    return file.finding(
        write_never_committed,
        item,
        f"`{write.func.text}()` in {function_name(write)}() writes with this session, and nothing commits it: neither the "
        "block nor what it calls; the session is closed, which rolls back what was written, without an error",
        confidence=Confidence.MEDIUM,
        remedy=f"await {session}.commit()  # at the end of the block; or `.begin()` in place of the call that opens it",
        related=(Related(message="written here", location=write.file.location(write)),),
    )


def of_dependencies(file: SourceFile, project: Project) -> Iterator[Finding]:
    """A write in a dependency, for an endpoint that commits nothing: one that only reads, maybe."""
    for function in project.scopes(file).functions if file.mentions(b"Depends", b"Annotated") else ():
        lost = None if DELIBERATE.search(function.name) else lost_write(project, function)
        if lost is not None:
            yield file.finding(
                write_never_committed,
                lost.write if lost.write.file is file else function,
                f"`{lost.write.func.text}()` is not committed by {function.name}(), nor by {lost.endpoint.name}(), which "
                f"depends on it, nor by {lost.source.name}(): the session is closed, which rolls back what was written",
                confidence=Confidence.MEDIUM,
                remedy=f"commit in {function.name}(), or in {lost.source.name}() behind its `yield`",
                related=(Related(message="nothing commits here", location=lost.endpoint.file.location(lost.endpoint)),),
            )


def of_units(file: SourceFile, project: Project) -> Iterator[Finding]:
    """A write in a block of a unit of work that commits neither by itself nor because it is told to."""
    for function in project.scopes(file).functions if file.mentions(b"with ") else ():
        if DELIBERATE.search(function.name):
            continue
        for unit in units(project, function):
            write = None if ENDS.search(unit.block.text) else open_write_within(project, unit.block, unit.handles)
            if write is not None:
                yield found_in_unit(file, write, unit)


def found_in_unit(file: SourceFile, write: Call, unit: Unit) -> Finding:
    """The finding, at the write where that is in this file, else at what is entered."""
    return file.finding(
        write_never_committed,
        write if unit.block.contains(write) else unit.entered,
        f"`{write.func.text}()` is never committed: nothing in the block does, and the way out of {unit.class_.name} "
        "closes its session, which rolls back what was written, without an error",
        confidence=Confidence.MEDIUM,
        remedy=f"commit at the end of the block, or in {unit.class_.name} where it is left without an error",
        related=(Related(message="the session comes from here", location=unit.class_.file.location(unit.class_)),),
    )


def of_endpoints(file: SourceFile, project: Project, told: set[tuple[int, str]]) -> Iterator[Finding]:
    """A route that writes through what it hands its session to; told at the call in the route."""
    for function in project.scopes(file).functions if file.mentions(*INJECTED) else ():
        decorator = route_decorator(project, function.body[0]) if function.decorators and function.body else None
        if decorator is None or decorator.method in ("get", "head", "websocket") or DELIBERATE.search(function.name):
            continue
        for param in function.params:
            if not isinstance(param, Param) or (function.start, param.name) in told:
                continue
            if not project.annotated(param.annotation, function).kind.is_async_session if param.annotation else True:
                continue
            judged = provider_without_commit(project, function, param)
            write = None if judged is None else open_write(project, function, ((param.name, THE_SESSION),))
            if judged is not None and write is not None:
                yield found_through(file, function, param, write)


def found_through(file: SourceFile, function: FunctionDef, param: Param, write: Call) -> Finding:
    """The finding, at the write where that is in this file, else at the route's session."""
    place = write if write.file is file else param
    related = () if place is write else (Related(message="written here", location=write.file.location(write)),)
    return file.finding(
        write_never_committed,
        place,
        f"`{write.func.text}()` is reached from `{function.name}()` and never committed: neither the route, nor what it "
        f"calls, nor the dependency that gives `{param.name}` commits, and the session is closed, which rolls back",
        confidence=Confidence.MEDIUM,
        remedy=f"await {param.name}.commit()  # in {function.name}(), or in the dependency behind its `yield`",
        related=related,
    )


def called_writes(file: SourceFile, project: Project) -> Iterator[Write]:
    """`session.add(user)`, `session.execute(update(User))`."""
    for call, confidence in session_calls(file, project, WRITING):
        session, function = call.receiver, call.function
        if isinstance(session, Name) and function is not None and is_write(project, call):
            says = f"`{call.func.text}()` is never committed"
            yield Write(node=call, says=says, session=session, function=function, confidence=confidence)


def changed_objects(file: SourceFile, project: Project) -> Iterator[Write]:
    """`user = await session.get(User, key)`, then `user.name = name`; not where a route only reads."""
    for assign, session in changes(file, project):
        function = assign.function
        decorator = route_decorator(project, assign)
        if function is None or (decorator is not None and decorator.method in ("get", "head", "websocket")):
            continue
        opened = opened_by(session)
        if opened is None or opened.contains(assign):
            says = f"the change of `{assign.target.text}` is never committed"
            yield Write(node=assign, says=says, session=session, function=function, confidence=Confidence.MEDIUM)


def given_without_commit(project: Project, function: FunctionDef, session: Name) -> tuple[Node, Confidence] | None:
    """The dependency that gives a route its session, if neither of them commits."""
    param = function.param(session.id)
    judged = None if param is None else provider_without_commit(project, function, param)
    return judged if judged is not None and is_alone(function, function, session.id) else None


def found(file: SourceFile, write: Write, opened: Node, confidence: Confidence) -> Finding:
    """The finding at the first write."""
    session = write.session.text
    return file.finding(
        write_never_committed,
        write.node,
        f"{write.says}: the session opened in line {opened.line} is closed, which rolls back what was written, without "
        "an error",
        confidence=confidence,
        remedy=f"await {session}.commit()  # after the write; or `async with {session}.begin():` around it",
        related=(Related(message="the session comes from here", location=opened.file.location(opened)),),
    )
