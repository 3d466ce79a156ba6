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

Wrong when: it is a Session, and the `await` is what is wrong. High confidence asks for a proof of the opposite: the
dependency that gives it, or a project that makes no synchronous engine or session. Without one the two are told to
contradict each other; where the dependency gives a Session, the `await` is told.

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html (AsyncSession is no subclass of Session)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Param
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.lint.dataflow.frameworks.injection import marker_of, provider_of
from forge_doctor.lint.dataflow.sessions.contradicted import awaited_though_sync, has_async_engines_alone

SUSPECT = AnyWord(b"Session", b"scoped_session")
LINE_DOES = ("holds",)


@check(severity=Severity.WARNING)
def wrong_session_annotation(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every parameter annotated with a sync session, and at what is awaited on it."""
    for param, awaited in awaited_though_sync(project, file):
        function, annotation = param.function_of, param.annotation
        if function is None or annotation is None:
            continue
        declared = project.annotated(annotation, function).label.partition(" ")[2]
        given = given_by_dependency(project, param)
        is_async = given.is_async_session or (given is Kind.UNKNOWN and has_async_engines_alone(project))
        yield file.finding(
            wrong_session_annotation,
            annotation,
            f"`{param.name}` is annotated {declared}{consequence(param, min(awaited), given, is_async=is_async)}",
            confidence=Confidence.HIGH if len(awaited) > 1 and is_async else Confidence.MEDIUM,
            remedy=f"{param.name}: AsyncSession  (from sqlalchemy.ext.asyncio)"
            + (", given by a dependency that opens one; or leave the `await` out" if given.is_sync_session else ""),
            evidence=(Evidence(label="awaited", value=", ".join(sorted(awaited))),),
        )


def given_by_dependency(project: Project, param: Param) -> Kind:
    """What the dependency gives that the parameter is declared with; UNKNOWN where it has none, or one that does not say."""
    marker = marker_of(project, param)
    provider = None if marker is None else provider_of(project, marker, param)
    return Kind.UNKNOWN if provider is None else project.provided(Value(Kind.FUNCTION, definition=provider)).kind


def consequence(param: Param, method: str, given: Kind, *, is_async: bool) -> str:
    """What follows, by what is known of the session itself."""
    seen = f"`await {param.name}.{method}()`"
    if given.is_sync_session:
        return f", and its dependency gives one: {seen} awaits what is no coroutine, TypeError at run time"
    if is_async:
        return f", but used as an AsyncSession ({seen}): type checkers see no missing `await` on it"
    return f", and its methods are awaited ({seen}): one of the two is wrong, and type checkers believe the annotation"
