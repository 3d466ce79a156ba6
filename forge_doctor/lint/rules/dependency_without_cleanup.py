"""A dependency gives a session that nobody closes.

Why: FastAPI closes nothing by itself. A dependency that returns a session, or yields one without closing it
afterwards, keeps a connection of the pool for every request.

Bad:

    from fastapi import Depends, FastAPI
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    async def get_session():
        return Session()

    @app.get("/orders")
    async def orders(db: AsyncSession = Depends(get_session)): ...

Good:

    from fastapi import Depends, FastAPI
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    async def get_session():
        async with Session() as session:
            yield session

    @app.get("/orders")
    async def orders(db: AsyncSession = Depends(get_session)): ...

Wrong when: whoever depends on it closes the session. A function that enters or closes what it is given is looked for.

Source: https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.entry_points import dependency_markers, is_dependency, may_be_injected
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import FunctionDef
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Evidence, Finding, Severity
from forge_doctor.lint.dataflow.frameworks.injection import is_entered_there
from forge_doctor.lint.dataflow.sessions.creation import Made, sessions_made
from forge_doctor.lint.dataflow.sessions.leaks import bound_name, is_within_begin
from forge_doctor.lint.dataflow.sessions.lifetimes import lifetime_of
from forge_doctor.lint.dataflow.sessions.ownership import Lifetime
from forge_doctor.lint.rules.unclosed_session import SUSPECT as SUSPECT


@check(severity=Severity.ERROR)
def dependency_without_cleanup(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at functions that give away a session they made, and at factories used as dependencies themselves."""
    for made in sessions_made(file, project):
        function = made.function
        if function is None or function.is_method:
            continue
        life = lifetime_of(project, made.node)
        how = gives_away(made, function, life)
        if how and is_dependency(project, function) and not is_closed_by_all(project, function):
            yield found(file, made, function, how)
    yield from factories(file, project)


def is_closed_by_all(project: Project, function: FunctionDef) -> bool:
    """Whether everybody who depends on it enters or closes the session that it gives."""
    markers = list(dependency_markers(project, function))
    return bool(markers) and all(map(is_entered_there, markers))


def gives_away(made: Made, function: FunctionDef, life: Lifetime) -> str:
    """How a function parts with the session without closing it; one that is lent inside its own `begin()` has given its
    connection back when that block ends."""
    if life.closes or life.elsewhere:
        return ""
    if function.is_generator:
        lent = [one for one in life.yields if not is_within_begin(one, bound_name(made))]
        return "yields a session and never closes it" if lent and not life.returns else ""
    return "returns a session: nobody closes it" if life.returns else ""


def found(file: SourceFile, made: Made, function: FunctionDef, how: str) -> Finding:
    """The finding, at the call that makes the session."""
    name = bound_name(made)
    return file.finding(
        dependency_without_cleanup,
        made.call,
        f"the dependency {function.name}() {how}, so each request keeps a connection of the pool",
        confidence=made.confidence,
        remedy=f"async with {made.call.text} as {name}:\n    yield {name}",
        evidence=(Evidence(label="made by", value=made.call.text, source=made.why),),
    )


def factories(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`Depends(async_session_factory)`."""
    for call in file.calls("Depends"):
        given = call.argument(0, "dependency")
        value = None if given is None else project.value_of(given)
        told = value is not None and value.kind is Kind.ASYNC_FACTORY and not is_entered_there(call)
        if given is not None and value is not None and told and may_be_injected(project, call):
            yield file.finding(
                dependency_without_cleanup,
                call,
                f"`{given.text}` is a factory: FastAPI calls it and closes nothing, so each request keeps a connection "
                "of the pool",
                confidence=value.confidence,
                remedy=f"async def get_session():\n    async with {given.text}() as session:\n        yield session",
            )
