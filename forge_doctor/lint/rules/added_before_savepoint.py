"""An object is added before the savepoint that is to keep its error from the transaction.

Why: `begin_nested()` first sends all that the session has to save, and then the SAVEPOINT. So a duplicate that was added before
it fails outside of the savepoint: all of the transaction is rolled back, what the rounds before have saved too, and the
handler that goes on meets PendingRollbackError at the next use of the session.

Bad:

    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.ext.asyncio import AsyncSession

    async def add_all(db: AsyncSession, users):
        for user in users:
            db.add(user)
            try:
                async with db.begin_nested():
                    await db.flush()
            except IntegrityError:
                print("exists already")
        await db.commit()

Good:

    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.ext.asyncio import AsyncSession

    async def add_all(db: AsyncSession, users):
        for user in users:
            try:
                async with db.begin_nested():
                    db.add(user)
            except IntegrityError:
                print("exists already")
        await db.commit()

Wrong when: something sends it before the savepoint begins, or the handler rolls back or leaves. Told is only what is added with
nothing awaited or assigned between, in a `try` whose handler lets the function use the session again.

Source: https://docs.sqlalchemy.org/en/20/orm/session_transaction.html#using-savepoint (begin_nested flushes first, whatever
autoflush says); mozilla-ai/otari#671; tried with SQLAlchemy 2.1.9: the rows of the rounds before were gone, the next round failed
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.failures.pending_before_savepoint import Unprotected, unprotected

SUSPECT = AnyWord(b"begin_nested")


@check(severity=Severity.ERROR)
def added_before_savepoint(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what stands before each savepoint in a `try`."""
    if not is_test_file(file) and file.mentions(b"except"):
        yield from (found(file, one) for one in unprotected(file, project))


def found(file: SourceFile, one: Unprotected) -> Finding:
    """The finding, at the savepoint."""
    added, savepoint = one.added.func.text, one.savepoint.func.text
    return file.finding(
        added_before_savepoint,
        one.savepoint,
        f"`{savepoint}()` sends what `{added}()` in line {one.added.line} left to save before its SAVEPOINT: an error of it rolls "
        f"back the whole transaction, and `{one.used.func.text}()` in line {one.used.line} fails with PendingRollbackError",
        confidence=Confidence.MEDIUM,
        remedy=f"call `{added}()` inside of the block",
        related=(Related(message="added here", location=file.location(one.added)),),
    )
