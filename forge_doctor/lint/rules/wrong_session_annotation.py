"""A parameter of an `async def` is annotated with the sync class, and used as the async one.

Why: `db: Session` whose methods are awaited is an AsyncSession. Every type checker and editor then
believes the annotation: they call the `await` wrong, stay silent where one is missing, and offer
`db.query`, which an AsyncSession does not have.

Bad:

    from sqlalchemy import select
    from sqlalchemy.orm import Session

    async def users(db: Session):
        rows = await db.execute(select(1))
        await db.commit()
        return rows.all()

Good:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    async def users(db: AsyncSession):
        rows = await db.execute(select(1))
        await db.commit()
        return rows.all()

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html (AsyncSession is no subclass of Session)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.methods import TELLING
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Name, Param
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.lint.dataflow.use_def import is_read
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"Session", b"scoped_session")
AWAITED = regex(rb"await\s[\s(]*(\w+)\s*\.\s*(?:" + "|".join(sorted(TELLING)).encode() + rb")\b")


@check(severity=Severity.WARNING)
def wrong_session_annotation(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every parameter annotated with a sync session, and at what is awaited on it."""
    names = {match.group(1).decode() for match in AWAITED.finditer(file.data)}
    for param in file.query(Param) if names else ():
        function, annotation = param.function_of, param.annotation
        if function is None or annotation is None or not function.is_async or param.name not in names:
            continue
        declared = project.annotated(annotation, function)
        if not declared.kind.is_sync_session or declared.definition is not None:
            continue
        read = next((one for one in function.find(Name) if one.text == param.name and is_read(one)), None)
        evidence = project.evidence(read) if read is not None else None
        awaited = evidence.awaited & TELLING if evidence is not None else frozenset()
        if evidence is not None and awaited and not evidence.plain & TELLING:
            seen = f"await {param.name}.{min(awaited)}()"
            yield file.finding(
                wrong_session_annotation,
                annotation,
                f"`{param.name}` is annotated {declared.label.partition(' ')[2]}, but used as an AsyncSession "
                f"(`{seen}`): type checkers see no missing `await` on it",
                confidence=Confidence.HIGH if len(awaited) > 1 else Confidence.MEDIUM,
                remedy=f"{param.name}: AsyncSession  (from sqlalchemy.ext.asyncio)",
                evidence=(Evidence(label="awaited", value=", ".join(sorted(awaited))),),
            )
