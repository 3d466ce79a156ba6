"""`async for session in get_session():` is left by `return` or `break`.

Why: only running to its end finishes a generator. Left early it is thrown away: Python closes it in a task of its own,
at any time. So it is where another generator hands its session on, `async for session in get_session(): yield session`, and
an error is thrown in there. A session that is returned out of the loop is closed under its reader, or opened again by its next query
with nobody to close it; and what stands behind the `yield` (a commit) never runs.

Bad:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def get_session():
        async with Session() as session:
            yield session

    async def context():
        async for session in get_session():
            return {"session": session}

Good:

    from contextlib import asynccontextmanager
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def get_session():
        async with Session() as session:
            yield session

    async def count():
        async with asynccontextmanager(get_session)() as session:
            return await session.scalar(text("select count(*) from orders"))

Wrong when: the generator gives many sessions, or the loop is left only by an exception, or `asyncio.run` of this very
function ends the event loop behind it. The generator has to yield a session once, and the `return` or `break` must be
of this loop; where only `asyncio.run` calls the function and nothing is lost, nothing is said.

Source: https://peps.python.org/pep-0525/#finalization; with SQLAlchemy 2.1.9 three such requests left three
connections checked out, and a commit behind the `yield` did not run; mozilla-ai/otari#1236 (2026-09), where an error left the
first generator's `except` out and its connection checked out until its task had run
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    Finally,
    For,
    FunctionDef,
    Name,
    Node,
    Other,
    Return,
    Try,
    While,
    With,
    Yield,
)
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.regex import regex

SUSPECT = WordsThen(rb"async\s+for\s+[\w.]+\s+in\s+[\w.]+\(", b"async for")
LINE_DOES = ("holds",)
BOUND = regex(rb"async\s+for\s+([\w.]+)\s+in\s+[\w.]+\(")
COMMIT = regex(r"\.\s*commit\s*\(")
WRITES = regex(r"\.\s*(?:add|add_all|delete|merge|flush)\s*\(|\b(?:insert|update|delete)\s*\(")

# They write nothing with what they are given.
LOOKING = frozenset({"isinstance", "type", "id", "print", "repr", "str", "hasattr", "callable"})


@check(severity=Severity.ERROR)
def session_leaves_its_loop(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at loops over what yields a session."""
    for match in BOUND.finditer(file.data):
        target = file.node_at(match.start(1))
        if isinstance(target, Name) and isinstance(target.parent, Attribute):
            target = target.parent  # `async for self.session in ...`: the object keeps it
        loop = None if target is None else target.parent
        if not isinstance(target, Name | Attribute) or not isinstance(loop, For) or loop.target is not target:
            continue
        value = project.value_of(loop.iter)
        provider = value.definition
        if value.kind is not Kind.ASYNC_ITERATOR or not isinstance(provider, FunctionDef):
            continue
        if not value.inner.kind.is_async_session or not yields_once(provider):
            continue
        way_out = next((one for one in (*loop.find(Return, nested=False), *breaks(loop))), None)
        if way_out is not None and not ends_with_its_loop(loop, target, provider, way_out):
            yield found(file, loop, target, provider, way_out)
        lent = handed_on(loop, target) if way_out is None and not is_test_file(file) else None
        if lent is not None:
            yield found_handed_on(file, lent, target, provider)


def handed_on(loop: For, target: Name | Attribute) -> Yield | None:
    """`async for session in get_session(): yield session`: an error that is thrown in at the `yield` leaves the loop."""
    around = [one for one in loop.ancestors if isinstance(one, With | Try)]
    lent = [one for one in loop.find(Yield, nested=False) if one.value is not None and one.value.text == target.text]
    return lent[0] if len(lent) == 1 and not around else None


def found_handed_on(file: SourceFile, lent: Yield, session: Name | Attribute, provider: FunctionDef) -> Finding:
    """The finding, where one generator hands on the session of another."""
    return file.finding(
        session_leaves_its_loop,
        lent,
        f"an error of who gets `{session.text}` here ends this generator alone: {provider.name}() stays at its `yield`, no "
        "`except` of it sees the error, and its session is closed at any later time, by a task of its own",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        remedy=f"async with asynccontextmanager({provider.name})() as {session.text}: yield {session.text}",
        related=(Related(message="yields the session", location=provider.file.location(provider.name_node)),),
    )


def yields_once(provider: FunctionDef) -> bool:
    """Whether it yields one session and ends."""
    yields = list(provider.find(Yield, nested=False))
    if len(yields) != 1:
        return False
    loop = yields[0].enclosing(For)
    # `async for session in other(): yield session` hands one on.
    return yields[0].enclosing(While) is None and (loop is None or loop.is_async)


def ends_with_its_loop(loop: For, session: Name | Attribute, provider: FunctionDef, way_out: Node) -> bool:
    """Whether nothing is lost and the event loop ends at once: `asyncio.run(main())` closes the generators left over."""
    function = loop.function
    if function is None or escape(loop, session, way_out) or skipped_commit(loop, session, provider):
        return False
    calls = list(loop.file.calls(function.name))
    return bool(calls) and all(is_run(call.parent) or is_run(call.enclosing(Call)) for call in calls)


def is_run(node: Node | None) -> bool:
    """`asyncio.run(...)`."""
    return isinstance(node, Call) and node.func.text in ("asyncio.run", "anyio.run")


def breaks(loop: For) -> Iterator[Other]:
    """The `break`s of the loop itself."""
    for one in loop.find(Other, nested=False):
        around = next((node for node in one.ancestors if isinstance(node, For | While)), None)
        if one.text == "break" and around is loop:
            yield one


def found(file: SourceFile, loop: For, session: Name | Attribute, provider: FunctionDef, way_out: Node) -> Finding:
    """An error where the session is used outside or a commit is skipped; else its closing is only put off."""
    escapes, skips = escape(loop, session, way_out), skipped_commit(loop, session, provider)
    if escapes:
        what = "and the session is used afterwards: it is closed under its reader, or opened again and closed by nobody"
    elif skips:
        what = "so the commit behind it never runs: what the loop wrote and did not commit itself is rolled back"
    else:
        what = "so its session is closed at any later time, by a task of its own"
    sure = (bool(escapes) or skips) and not is_test_file(file)
    confidence = Confidence.HIGH if escapes and sure else Confidence.MEDIUM
    if is_test_file(file) and not escapes and not skips:
        confidence = Confidence.LOW  # the loop of a test ends with it, and closes the generators left over
    return file.finding(
        session_leaves_its_loop,
        way_out,
        f"the generator {provider.name}() is left at its `yield`, {what}",
        severity=Severity.ERROR if sure else Severity.WARNING,
        confidence=confidence,
        remedy=f"async with asynccontextmanager({provider.name})() as {session.text}:"
        if isinstance(session, Name)
        else f"make the session by its factory, `{session.text} = Session()`, and close it when the object is done",
        related=(
            Related(message="the loop", location=file.location(loop.iter)),
            Related(message="yields the session", location=provider.file.location(provider.name_node)),
        ),
    )


def escape(loop: For, session: Name | Attribute, way_out: Node) -> bool:
    """Whether the session itself is returned, alone or in a container, or used behind the loop."""
    if isinstance(session, Attribute):
        return True
    name = re.escape(session.text)
    if isinstance(way_out, Return) and way_out.value is not None:
        # Not what a call or an `await` makes of it.
        return re.search(rf"(?:^|[\[{{(,:]\s*){name}\s*(?:$|[\]}}),])", way_out.value.text) is not None and (
            "await" not in way_out.value.text
        )
    if any(one.value is not None and one.value.text == session.text for one in loop.find(Assign, nested=False)):
        return True
    function = loop.function
    if function is None:
        return False
    behind = function.file.data[loop.end : function.end].decode("utf-8", "replace")
    used = re.search(rf"(?<![\w.]){name}\b", behind)
    bound = re.search(rf"(?:for|as)\s+{name}\b|(?<![\w.]){name}\s*=[^=]", behind)
    return used is not None and (bound is None or used.start() < bound.start())


def skipped_commit(loop: For, session: Name | Attribute, provider: FunctionDef) -> bool:
    """Whether the generator commits behind its `yield`, in no `finally`, what the loop may write and does not
    commit."""
    lent = next(iter(provider.find(Yield, nested=False)))
    behind = provider.file.data[lent.end : provider.end].decode("utf-8", "replace")
    in_finally = any(COMMIT.search(one.text) for one in provider.find(Finally, nested=False))
    if COMMIT.search(behind) is None or in_finally or COMMIT.search(loop.text) is not None:
        return False
    calls = (call for call in loop.find(Call) if call.func.text not in LOOKING)
    handed = (one for call in calls for one in (*call.args, *(pair.value for pair in call.keywords)))
    return WRITES.search(loop.text) is not None or any(one.text == session.text for one in handed)
