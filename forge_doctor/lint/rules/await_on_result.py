"""`await` stands before a method of the result, not before the call of the session.

Why: in `await session.execute(q).scalars()` the `await` belongs to `.scalars()`; `session.execute(q)`
is a coroutine that is never awaited and has no `scalars`: AttributeError at run time. The same
goes for `await result.scalars()` on a result that is there already: it is a plain method.

Bad:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    async def users(db: AsyncSession):
        return await db.execute(select(1)).scalars()

Good:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    async def users(db: AsyncSession):
        return (await db.execute(select(1))).scalars()

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html (AsyncSession.execute gives a buffered Result)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.code.semantics.library.methods import COROUTINES, RESULT_METHODS
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Await, Call, Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Severity

SUSPECT = AnyWord(b"await")
# What awaiting a session's call gives, of which methods are called.
GIVEN = (Kind.RESULT, Kind.ASYNC_RESULT, Kind.ASYNC_CONNECTION)


@check(severity=Severity.ERROR)
def await_on_result(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every awaited call of a result's method."""
    of_connections = COROUTINES[Kind.ASYNC_CONNECTION] if file.mentions(b".connection(") else ()
    for call in file.calls(*RESULT_METHODS.union(of_connections), awaited=True):
        around, receiver = call.parent, call.receiver
        if not isinstance(around, Await) or receiver is None:
            continue
        inner = chain_start(receiver)
        made = project.coroutine_of(inner) if isinstance(inner, Call) else None
        if made is not None and isinstance(inner, Call) and made.inner.kind in GIVEN:
            confidence = witnessed(project, inner, made)
            if confidence is not None:
                yield misplaced(file, around, inner, call, confidence, is_kept=is_awaited_too(made.inner, inner, call))
        else:
            value = project.value_of(receiver)
            if value.kind is Kind.RESULT:
                yield file.finding(
                    await_on_result,
                    around,
                    f"`{call.method}()` of a Result is a plain method; awaiting what it gives fails with TypeError",
                    confidence=value.confidence,
                    remedy=f"remove `await` before `{receiver.text}.{call.method}(...)`",
                    edits=(file.deletion(around.start, around.value.start),),
                )


def witnessed(project: Project, inner: Call, made: Value) -> Confidence | None:
    """How sure it is a session; `await pipe.execute().all()` may be right, and is no witness against itself."""
    receiver = inner.receiver
    if receiver is None or project.value_of(receiver).kind is not Kind.UNKNOWN:
        return made.confidence
    evidence = project.evidence(receiver)
    if evidence.awaited - {inner.method}:
        return made.confidence
    return Confidence.LOW if evidence.named_like_session else None


def is_awaited_too(given: Value, inner: Call, call: Call) -> bool:
    """Whether what the inner call gives has that method as a coroutine: `await s.connection().execute(q)`."""
    return call.receiver is inner and call.method in COROUTINES.get(given.kind, ())


def misplaced(
    file: SourceFile, around: Await, inner: Call, call: Call, confidence: Confidence, *, is_kept: bool
) -> Finding:
    """`await s.execute(q).scalars()` -> `(await s.execute(q)).scalars()`; the outer `await` is kept where that is one too."""
    kept = "await " if is_kept else ""
    return file.finding(
        await_on_result,
        around,
        f"`await` belongs to `.{call.method}()`: `{inner.func.text}()` is never awaited, and a coroutine has no "
        f"`{call.method}`",
        confidence=confidence,
        remedy=f"{kept}(await {inner.func.text}(...)).{call.method}(...)",
        edits=(
            file.replacement_between(around.start, inner.start, f"{kept}(await "),
            file.insertion(inner.end, ")"),
        ),
    )


def chain_start(node: Node) -> Node:
    """`s.execute(q)` in `s.execute(q).scalars().unique()`."""
    while isinstance(node, Call) and isinstance(node.func, Attribute) and isinstance(node.func.value, Call):
        node = node.func.value
    return node
