"""Every step of a loop commits.

Why: each commit waits for the disk of the server, so a thousand rows cost a thousand waits; an error in
the middle leaves half of them saved; and with expire_on_commit on, every object is read again.
Loops that commit batches, handle each item's error, open a session for each item or wait for something
else in between have a reason, and are left alone.

Bad:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def import_users(db: AsyncSession, users):
        for user in users:
            db.add(user)
            await db.commit()

Good:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def import_users(db: AsyncSession, users):
        for user in users:
            db.add(user)
        await db.commit()

Source: https://docs.sqlalchemy.org/en/20/orm/session_basics.html#when-do-i-construct-a-session-when-do-i-commit-it-and-when-do-i-close-it
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Await, Call, For, FunctionDef, Other, Return, Try, While, With
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.loops import is_batched, is_fixed
from forge_doctor.lint.dataflow.sessions.transactions import HOLDERS, is_awaited

SUSPECT = WordsThen(rb"await[\s(]+[\w.]+\s*\.\s*commit\s*\(", b"commit")


@check(severity=Severity.WARNING)
def commit_in_loop(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the loop right around every commit."""
    if is_test_file(file) or not file.mentions(b"for "):
        return
    for call in file.calls("commit"):
        loop = call.statement.parent
        if not isinstance(loop, For) or loop.is_async or call.receiver is None or not is_awaited(call):
            continue
        value = project.known(call.receiver)
        if value.kind not in HOLDERS or value.confidence is Confidence.LOW or has_reason(project, loop, call):
            continue
        yield found(file, loop, call, value.confidence)


def has_reason(project: Project, loop: For, commit: Call) -> bool:
    """Whether the loop may well want a commit for each step."""
    if is_batched(loop) or is_fixed(project, loop.iter) or any(loop.find(Try)) or any(loop.find(Return)):
        return True
    if any(one.text == "break" for one in loop.find(Other)):
        return True
    if any(isinstance(one, While) for one in outer_loops(loop)):
        return True
    session = commit.receiver.text if commit.receiver is not None else ""
    if binds(loop, session):
        return True
    return any(not is_of(one, session) for one in loop.find(Await))


def outer_loops(loop: For) -> Iterator[object]:
    """What stands around the loop in its function."""
    for around in loop.ancestors:
        if isinstance(around, FunctionDef):
            return
        yield around


def binds(loop: For, session: str) -> bool:
    """Whether the session is opened by the loop itself, for each step."""
    root = session.partition(".")[0]
    opened = any(item.target is not None and item.target.text == root for one in loop.find(With) for item in one.items)
    return opened or re.search(rb"(?<![\w.])" + re.escape(root).encode() + rb"\s*=[^=]", text_of(loop)) is not None or (
        re.search(rf"\b{re.escape(root)}\b", loop.target.text) is not None
    )  # fmt: skip


def text_of(loop: For) -> bytes:
    """The source of the loop."""
    return loop.file.data[loop.start : loop.end]


def is_of(awaited: Await, session: str) -> bool:
    """Whether what is awaited is the session's own method."""
    call = awaited.value
    return isinstance(call, Call) and call.is_on(session)


def found(file: SourceFile, loop: For, call: Call, confidence: Confidence) -> Finding:
    """The finding."""
    return file.finding(
        commit_in_loop,
        call,
        f"`{call.func.text}()` runs for each `{loop.target.text}` of the loop in line {loop.line}: as many waits for "
        "the server's disk, and an error half-way leaves the first part saved",
        confidence=confidence,
        remedy=f"await {call.func.text}()  # once, after the loop",
    )
