"""A sync session talks to the database inside an `async def`.

Why: the call blocks the event loop until the database answers. Meanwhile the worker serves nobody
else, and a query that waits for a lock, or for a free connection of the pool, stops every request.
In a plain `def` endpoint FastAPI would have run the same code in a thread.

Bad:

    from sqlalchemy import select
    from sqlalchemy.orm import Session

    async def users(db: Session):
        return db.scalars(select(User)).all()

Good:

    from sqlalchemy import select
    from sqlalchemy.orm import Session

    def users(db: Session):
        return db.scalars(select(User)).all()

Source: https://fastapi.tiangolo.com/async/ (path operation functions); https://docs.python.org/3/library/asyncio-dev.html
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Value
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.matched_calls import matched_calls
from forge_doctor.code.syntax.nodes import Await, Call, FunctionDef, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked, is_test_file
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.regex import regex

SUSPECT = regex(rb"async\s+def\b")
# The methods that wait for the database.
BLOCKING = regex(
    rb"\.\s*(?:commit|exec|execute|flush|get(?=\s*\(\s*[A-Z]\w*\s*,)|get_one|merge|query|refresh|scalars?)\s*\("
)


@check(severity=Severity.WARNING)
def sync_session_in_async_def(file: SourceFile, project: Project) -> Iterator[Finding]:
    """One finding a function and session, at the first call that blocks."""
    if is_test_file(file):
        return
    seen: dict[tuple[FunctionDef, str], list[Call]] = {}
    for call in matched_calls(file, BLOCKING):
        function, receiver = call.function, call.receiver
        if receiver is None or function is None or not function.is_async or call.owner is not function:
            continue
        if blocking(call, receiver, project) is not None and not is_mocked(receiver):
            seen.setdefault((function, receiver.text), []).append(call)
    for (function, name), calls in seen.items():
        yield found(file, function, name, calls, project)


def blocking(call: Call, receiver: Node, project: Project) -> Value | None:
    """The sync session, if it surely is one; that of an AsyncSession is for its own use."""
    value = project.known(receiver)
    if not value.kind.is_sync_session or value.confidence is Confidence.LOW or isinstance(call.parent, Await):
        return None
    return None if receiver.text.endswith("sync_session") else value


def found(file: SourceFile, function: FunctionDef, name: str, calls: list[Call], project: Project) -> Finding:
    """The finding at the first of the calls."""
    first = calls[0]
    value = project.known(first.receiver or first)
    more = f" (and {len(calls) - 1} more here)" if len(calls) > 1 else ""
    return file.finding(
        sync_session_in_async_def,
        first,
        f"`{name}` is {value.label}: `{name}.{first.method}()`{more} blocks the event loop of "
        f"`async def {function.name}` until the database answers",
        confidence=value.confidence,
        remedy=f"use an AsyncSession and `await` the call, or make it a plain `def {function.name}`",
        evidence=(Evidence(label="receiver", value=value.label, source=value.why),) if value.why else (),
    )
