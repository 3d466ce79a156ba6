"""`for` iterates what streams, or `async for` what is already there.

Why: `await session.stream(q)` gives an AsyncResult, which only `async for` can iterate; `await
session.execute(q)` gives a buffered Result, which only a plain `for` can. Each the other way round
is a TypeError at run time.

Bad:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    async def rows(db: AsyncSession):
        async for row in await db.execute(select(1)):
            print(row)

Good:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    async def rows(db: AsyncSession):
        for row in await db.execute(select(1)):
            print(row)

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html (AsyncResult)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, ComprehensionFor, For
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Edit, Finding, Severity
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"async for", b"stream")
FOR = regex(rb"for(?<!\wfor)(?!\w)")
BLANKS = b" \t\n\r\f\\"
LISTS = ("all", "fetchall", "fetchmany")
# What gives an AsyncResult, or is one, with no session of the project.
CLASSES = (b"AsyncConnection", b"AsyncResult", b"AsyncScalarResult")
STREAMS = (b"stream", b"AsyncResult", b"AsyncScalarResult")


@check(severity=Severity.ERROR)
def async_iteration_mistake(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every loop."""
    for loop in loops_of(file, project):
        yield from judge(file, loop, project)
        yield from judge_list(file, loop, project)


def loops_of(file: SourceFile, project: Project) -> Iterator[For | ComprehensionFor]:
    """Every `async for`, and every `for` of a function that speaks of a stream."""
    streams = file.mentions(*STREAMS) and (project.has_async_sessions or file.mentions(*CLASSES))
    for match in FOR.finditer(file.data):
        is_async = file.data[max(0, match.start() - 40) : match.start()].rstrip(BLANKS).endswith(b"async")
        if is_async or (streams and may_stream(file, match.start())):
            keyword = file.node_at(match.start())
            loop = None if keyword is None or keyword.raw.type != "for" else keyword.parent
            if isinstance(loop, For | ComprehensionFor):
                yield loop


def may_stream(file: SourceFile, offset: int) -> bool:
    """Whether the function around a place speaks of a stream at all; asked first: most loops are of other things."""
    around = file.bodies.of(offset)
    text = file.data if around is None else file.data[around.start_byte : around.end_byte]
    return any(word in text for word in STREAMS)


def judge(file: SourceFile, loop: For | ComprehensionFor, project: Project) -> Iterator[Finding]:
    """A loop over a result of the other sort."""
    value = project.value_of(loop.iter)
    if value.confidence is Confidence.LOW:
        return
    if loop.is_async and value.kind is Kind.RESULT:
        message = "`async for` cannot iterate a Result: its rows are all there, it wants a plain `for`"
        yield file.finding(
            async_iteration_mistake, loop.iter, message, confidence=value.confidence,
            remedy=f"for {loop.target.text} in {loop.iter.text}", edits=without_async(file, loop),
        )  # fmt: skip
    elif not loop.is_async and value.kind is Kind.ASYNC_RESULT:
        message = "`for` cannot iterate an AsyncResult: its rows arrive one by one, it wants `async for`"
        edits = (file.insertion(loop.start, "async "),)
        yield file.finding(
            async_iteration_mistake, loop.iter, message, confidence=value.confidence,
            remedy=f"async for {loop.target.text} in {loop.iter.text}", edits=edits,
        )  # fmt: skip


def judge_list(file: SourceFile, loop: For | ComprehensionFor, project: Project) -> Iterator[Finding]:
    """`async for` over what `all()` of a Result gives."""
    call = loop.iter
    if not loop.is_async or not isinstance(call, Call) or call.method not in LISTS or call.receiver is None:
        return
    value = project.value_of(call.receiver)
    if value.kind is Kind.RESULT and value.confidence > Confidence.LOW:
        message = f"`async for` cannot iterate the list that `{call.method}()` gives: its rows are all there, it wants a plain `for`"
        yield file.finding(
            async_iteration_mistake, call, message, confidence=value.confidence,
            remedy=f"for {loop.target.text} in {call.text}", edits=without_async(file, loop),
        )  # fmt: skip


def without_async(file: SourceFile, loop: For | ComprehensionFor) -> tuple[Edit, ...]:
    """Remove the word and the space behind it."""
    keyword = loop.raw.children[0]
    return (file.deletion(keyword.start_byte, loop.raw.children[1].start_byte),)
