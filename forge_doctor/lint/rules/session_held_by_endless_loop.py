"""One session is open for the whole life of a worker that never ends its transaction.

Why: the first query of the session takes a connection and begins a transaction, and nothing in the loop ends either: the
connection is `idle in transaction` from the first round on, for as long as the process lives, while the worker sleeps or
waits for its next job. Vacuum cannot clean up behind it, migrations wait for its locks, what it writes is never committed,
and its first error makes every later round fail.

Bad:

    import asyncio
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def worker():
        async with Session() as session:
            while True:
                jobs = await session.scalars(text("select name from jobs"))
                print(jobs.all())
                await asyncio.sleep(5)

Good:

    import asyncio
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def worker():
        while True:
            async with Session() as session:
                jobs = await session.scalars(text("select name from jobs"))
                print(jobs.all())
            await asyncio.sleep(5)

Wrong when: the loop has an end, a timeout around it, something in it commits, rolls back or closes, or the connection is in
AUTOCOMMIT. Told is
only a `while` that nothing leaves but an error or being stopped, whose rounds wait for something else, and a session that
goes to no function out of sight.

Source: https://docs.sqlalchemy.org/en/20/orm/session_basics.html#when-do-i-construct-a-session-when-do-i-commit-it-and-when-do-i-close-it;
Vexa-ai/vexa#208
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Await, Call, For, Node, Other, Return, While, With
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.connections.connection_stretches import uses_in
from forge_doctor.lint.dataflow.connections.handles import THE_SESSION, Entered, entered_around
from forge_doctor.lint.dataflow.control_flow import is_in_handler
from forge_doctor.lint.dataflow.objects.autocommit import is_autocommit
from forge_doctor.regex import regex

SUSPECT = WordsThen(rb"\bwith\b", b"while ")
ENDLESS = regex(
    r"True|1|not [\w.]*(?:stop|shutdown|cancel|exit|quit|closing|done)\w*(?:\.is_set\(\))?|self\.\w*running|running",
    re.IGNORECASE,
)
STOPPING = frozenset({"timeout", "timeout_at", "fail_after", "move_on_after", "fail_at", "move_on_at"})
ENDS = regex(r"commit|rollback|\.close\(|\.reset\(|\.begin|AUTOCOMMIT|\.invalidate\(", re.IGNORECASE)


@check(severity=Severity.ERROR)
def session_held_by_endless_loop(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the sessions that are open around every loop without an end."""
    if is_test_file(file) or file.mentions(b"AUTOCOMMIT"):
        return
    for function in project.scopes(file).functions:
        for loop in function.find(While, nested=False):
            if is_endless(loop) and ENDS.search(loop.text) is None:
                yield from held(file, project, loop)


def held(file: SourceFile, project: Project, loop: While) -> Iterator[Finding]:
    """The sessions whose connection a loop never gives back."""
    for name, item in entered_around(project, loop):
        uses = uses_in(project, loop, ((name, THE_SESSION),))
        if uses.query is None or uses.ended or uses.handed or not waits_for_others(loop, name):
            continue
        if is_stopped_in_time(loop) or is_autocommit(project, item.value, Kind.ASYNC_SESSION):
            continue
        yield found(file, loop, name, item, uses.query)


def is_stopped_in_time(loop: While) -> bool:
    """Whether a block around it ends it after a while: `async with asyncio.timeout(60):`."""
    entered = (item.value for one in loop.ancestors if isinstance(one, With) for item in one.items)
    return any(isinstance(one, Call) and one.method in STOPPING for one in entered)


def is_endless(loop: While) -> bool:
    """Whether nothing but an error, or being stopped from outside, leaves the loop."""
    if ENDLESS.fullmatch(loop.test.text) is None:
        return False
    left: list[Node] = [*loop.find(Return, nested=False)]
    left += [one for one in loop.find(Other, nested=False) if one.text == "break" and loop_of(one) is loop]
    return all(is_in_handler(one) for one in left)


def loop_of(node: Node) -> Node | None:
    """The loop that a `break` leaves."""
    return next((one for one in node.ancestors if isinstance(one, For | While)), None)


def waits_for_others(loop: While, session: str) -> bool:
    """Whether a round waits for something that has nothing to do with the session."""
    word = re.compile(rf"\b{re.escape(session)}\b")
    return any(isinstance(one.value, Call) and word.search(one.text) is None for one in loop.find(Await, nested=False))


def found(file: SourceFile, loop: While, session: str, item: Entered, query: Call) -> Finding:
    """The finding, at the block that holds the session."""
    return file.finding(
        session_held_by_endless_loop,
        item.value,
        f"`{session}` is open around the endless loop in line {loop.line}, and nothing in it ends its transaction: the "
        f"connection of `{query.func.text}()` is kept, `idle in transaction`, for as long as the process runs",
        confidence=Confidence.HIGH if loop.test.text in ("True", "1") else Confidence.MEDIUM,
        remedy=f"open the session inside the loop, for each round; or `await {session}.commit()` before each wait",
        related=(Related(message="takes the connection", location=file.location(query)),),
    )
