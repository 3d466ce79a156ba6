"""A plain method of an async session, connection, engine or pool is awaited.

Why: `add`, `expunge`, `expire` and their like only change the session's own state; they return None
(or data) at once. `await None` raises TypeError after the method has already done its work. So do some methods of
drivers among many that are awaited: `cancel()` of psycopg's AsyncConnection, `terminate()` and `is_closed()` of asyncpg's.

Bad:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def save(db: AsyncSession, user):
        await db.add(user)
        await db.commit()

Good:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def save(db: AsyncSession, user):
        db.add(user)
        await db.commit()

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html (methods proxied from Session); asyncpg 0.32, psycopg 3.3;
ginlix-ai/LangAlpha#338
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.methods import PLAIN, PLAIN_OF_DRIVERS
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Await, ClassDef
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked
from forge_doctor.finding import Confidence, Finding, Severity

SUSPECT = AnyWord(b"await")
NAMES = tuple(sorted(frozenset().union(*PLAIN.values(), *PLAIN_OF_DRIVERS.values())))


@check(severity=Severity.ERROR)
def awaited_sync_method(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at awaited calls of methods that are plain in SQLAlchemy's classes."""
    for call in file.calls(*NAMES):
        around, receiver = call.parent, call.receiver
        if not isinstance(around, Await) or receiver is None or is_mocked(receiver):
            continue
        value = project.known(receiver)
        if call.method not in PLAIN.get(value.kind, PLAIN_OF_DRIVERS.get(value.kind, ())):
            continue
        if isinstance(value.definition, ClassDef) and project.method(value.definition, call.method) is not None:
            continue
        yield file.finding(
            awaited_sync_method,
            around,
            f"`{call.method}()` of {value.label} is a plain method: `await` of what it returns raises TypeError",
            confidence=min(value.confidence, Confidence.HIGH),
            remedy=f"remove `await` before `{call.func.text}(...)`",
            edits=(file.deletion(around.start, around.value.start),),
        )
