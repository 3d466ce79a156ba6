"""Another service is called over the network while a transaction is open.

Why: until the answer comes the connection sits `idle in transaction`: it is missing in the pool, its row
locks make others wait, and vacuum cannot clean up behind it. A service that takes 30 s to time out holds
them for 30 s.

Bad:

    import httpx
    from sqlalchemy.ext.asyncio import AsyncSession

    async def pay(db: AsyncSession, order, client: httpx.AsyncClient):
        async with db.begin():
            order.state = "paying"
            await db.flush()
            answer = await client.post("https://payments.example/charge")
            order.state = answer.text

Good:

    import httpx
    from sqlalchemy.ext.asyncio import AsyncSession

    async def pay(db: AsyncSession, order, client: httpx.AsyncClient):
        async with db.begin():
            order.state = "paying"
        answer = await client.post("https://payments.example/charge")
        async with db.begin():
            order.state = answer.text

Source: https://docs.sqlalchemy.org/en/20/orm/session_basics.html#when-do-i-construct-a-session-when-do-i-commit-it-and-when-do-i-close-it
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Await, Call, FunctionDef, Name, With, WithItem
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked, is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.network_calls import LIBRARIES, SENDING, network_call
from forge_doctor.lint.dataflow.sessions.transactions import (
    ENDING,
    HOLDERS,
    READING,
    begin_blocks,
    calls_between,
    is_awaited,
    is_handed,
    is_write,
    opened_by,
)
from forge_doctor.regex import regex

SUSPECT = regex(rb"\b(?:" + rb"|".join(LIBRARIES) + rb")\b")


@check(severity=Severity.WARNING)
def network_call_in_transaction(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what is open around every request."""
    if is_test_file(file):
        return
    for call in file.calls(*sorted(SENDING)):
        function = call.function
        if function is None or call.receiver is None or not runs(call):
            continue
        library = network_call(project, call)
        if not library or is_mocked(call.receiver):
            continue
        opened = opening(project, function, call)
        if opened is not None:
            yield found(file, call, library, *opened)


def runs(call: Call) -> bool:
    """Whether the request is sent there: awaited, entered, or of a library that does not know await."""
    around = call.parent
    if isinstance(around, Await | WithItem):
        return True
    return call.receiver is not None and call.receiver.text == "requests"


def opening(project: Project, function: FunctionDef, call: Call) -> tuple[Call, Confidence] | None:
    """What opened the transaction that is open at the call, and how sure that is."""
    block = next((one for one in begin_blocks(project, call) if not one.is_nested), None)
    if block is not None and not ended(function, block.session, block.statement.start, call.start):
        return block.opener, block.confidence
    for first in calls_between(function, function.start, call.start):
        confidence = opens(project, first)
        if confidence is None or first.receiver is None or not always_before(first, call):
            continue
        session = first.receiver.text
        if not in_reach(first, call) or ended(function, session, first.end, call.start):
            continue
        if not is_handed(function, session, first.end, call.start):
            return first, confidence
    return None


def opens(project: Project, call: Call) -> Confidence | None:
    """Whether a call surely opens a transaction: a statement sent; MEDIUM for one that only reads."""
    if not (call.method in READING or call.method == "flush") or not is_awaited(call) or call.receiver is None:
        return None
    value = project.known(call.receiver)
    if value.kind not in HOLDERS or value.confidence is Confidence.LOW:
        return None
    return value.confidence if is_write(project, call) else Confidence.MEDIUM


def in_reach(first: Call, call: Call) -> bool:
    """Whether the session that made the first call is still open at the second."""
    if not isinstance(first.receiver, Name):
        return True
    statement: With | None = opened_by(first.receiver)
    return statement is None or statement.contains(call)


def ended(function: FunctionDef, session: str, start: int, end: int) -> bool:
    """Whether the transaction may have ended between two places."""
    return any(
        one.method in ENDING and one.receiver is not None and one.receiver.text == session
        for one in calls_between(function, start, end)
    )


def found(file: SourceFile, call: Call, library: str, opener: Call, confidence: Confidence) -> Finding:
    """The finding."""
    return file.finding(
        network_call_in_transaction,
        call,
        f"a request of {library} waits for its answer inside the transaction that `{opener.func.text}()` opened in "
        f"line {opener.line}: the connection stays idle in transaction, its locks held",
        confidence=confidence,
        remedy="commit before the request, or send it before the transaction begins",
        related=(Related(message="the transaction begins here", location=file.location(opener)),),
    )
