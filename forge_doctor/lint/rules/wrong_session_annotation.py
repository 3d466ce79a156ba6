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
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Node, Param
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Evidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.frameworks.injection import marker_of, provider_of
from forge_doctor.lint.dataflow.sessions.contradicted import awaited_though_sync, has_async_engines_alone

SUSPECT = AnyWord(b"Session", b"scoped_session")
LINE_DOES = ("holds",)
MOST_TOLD = 10  # of the other places


class Told(NamedTuple):
    """A parameter, what is awaited of it, and what its dependency gives."""

    param: Param
    annotation: Node
    awaited: frozenset[str]
    given: Kind
    is_async: bool

    @property
    def sure(self) -> Confidence:
        """How sure it is that the annotation is what is wrong."""
        return Confidence.HIGH if len(self.awaited) > 1 and self.is_async else Confidence.MEDIUM


@check(severity=Severity.WARNING)
def wrong_session_annotation(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every parameter annotated with a sync session, and at what is awaited on it: one finding for all of a class,
    or of the functions of a module, that are wrong alike."""
    alike: dict[tuple[Node | None, Kind, bool, Confidence], list[Told]] = {}
    for one in wrong(file, project):
        owner = None if one.param.function_of is None else one.param.function_of.class_
        alike.setdefault((owner, one.given, one.is_async, one.sure), []).append(one)
    for all_of_them in alike.values():
        yield told(file, project, all_of_them)


def wrong(file: SourceFile, project: Project) -> Iterator[Told]:
    """The parameters in the order of the text."""
    for param, awaited in awaited_though_sync(project, file):
        if param.annotation is not None:
            given = given_by_dependency(project, param)
            is_async = given.is_async_session or (given is Kind.UNKNOWN and has_async_engines_alone(project))
            yield Told(param, param.annotation, awaited, given, is_async)


def told(file: SourceFile, project: Project, alike: list[Told]) -> Finding:
    """The finding at the first of them, with the places of the others."""
    first, *others = alike
    param, function = first.param, first.param.function_of
    declared = project.annotated(first.annotation, function or param).label.partition(" ")[2]
    owner = None if function is None else function.class_
    where = "this module" if owner is None else f"class {owner.name}"
    more = f" (like {len(others)} more of {where})" if others else ""
    return file.finding(
        wrong_session_annotation,
        first.annotation,
        f"`{param.name}` is annotated {declared}{more}"
        f"{consequence(param, min(first.awaited), first.given, is_async=first.is_async)}",
        confidence=first.sure,
        remedy=f"{param.name}: AsyncSession  (from sqlalchemy.ext.asyncio)"
        + (", given by a dependency that opens one; or leave the `await` out" if first.given.is_sync_session else ""),
        evidence=(Evidence(label="awaited", value=", ".join(sorted(first.awaited))),),
        related=tuple(
            Related(
                message=f"`{one.param.name}` of {one.param.function_of.name}()"
                if one.param.function_of
                else "the same",
                location=file.location(one.annotation),
            )
            for one in others[:MOST_TOLD]
        ),
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
