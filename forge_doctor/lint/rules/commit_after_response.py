"""A dependency commits behind its `yield`, which runs when the response has been sent.

Why: FastAPI runs what stands behind the `yield` of a dependency after the response (before 0.106, and since 0.118).
When that commit fails, on a duplicate, a foreign key, a lost connection, the client has been told 201 already and
nothing is saved; and a client that reads at once may not see what it has just written.

Bad:

    from fastapi import Depends, FastAPI
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    async def get_session():
        async with Session() as session:
            yield session
            await session.commit()

    @app.post("/orders", status_code=201)
    async def order(session: AsyncSession = Depends(get_session)): ...

Good:

    from fastapi import Depends, FastAPI
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    async def get_session():
        async with Session() as session:
            yield session
            await session.commit()

    @app.post("/orders", status_code=201)
    async def order(session: AsyncSession = Depends(get_session, scope="function")): ...

Wrong when: every `Depends` of it says `scope="function"` (FastAPI 0.121), or FastAPI is 0.106 to 0.117, or the
endpoints commit themselves and the commit has nothing left to do. The markers in sight are read, whether the endpoint of
each has always committed after all that it does, and which FastAPI the
lock file, project file or requirements ask for: nothing is said where that lets in 0.106 to 0.117 alone. What is
installed is not known, so that confidence stays medium.

Source: https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/ (Early exit and scope);
fastapi/fastapi#3620; vstorm-co/agenticos#428; with FastAPI 0.165.0 a duplicate key was answered 201
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.library_version import exits_before_response
from forge_doctor.code.semantics.entry_points import dependency_markers, marked_param
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, Except, For, FunctionDef, If, Node, Return, While, With, Yield
from forge_doctor.code.syntax.prefilter import AnyWord, Both
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.sessions.commits_at_exit import SESSIONS, commit_behind, commits_at_exit
from forge_doctor.lint.dataflow.sessions.transactions import (
    PENDING,
    calls_between,
    calls_named,
    is_handed,
    is_write,
)

SUSPECT = Both(AnyWord(b"yield"), AnyWord(b"commit", b"begin", b"async with"))
# Whoever takes what another module makes may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("commits",)


@check(severity=Severity.WARNING)
def commit_after_response(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what dependencies do behind their `yield`."""
    if is_test_file(file) or exits_before_response(project, file):
        return
    for function in project.scopes(file).functions:
        lent = lent_by(function)
        commit = None if lent is None else commit_of(project, function, lent)
        marker = None if commit is None else late_marker(project, function)
        if commit is not None and marker is not None:
            yield found(file, function, commit, marker)


def commit_of(project: Project, function: FunctionDef, lent: Yield) -> Node | None:
    """What commits behind the `yield` of a session, or of an object that is entered around it and commits at its end."""
    if lent.value is not None and project.known(lent.value).kind in SESSIONS:
        return commit_behind(project, function, lent) or left_behind(project, lent)
    return left_behind(project, lent)


def left_behind(project: Project, lent: Yield) -> Node | None:
    """The entering of a unit of work whose way out commits: an object's `__aexit__`, or what a context manager of the
    project does behind its own `yield`."""
    given = "" if lent.value is None else lent.value.text
    for around in lent.ancestors:
        if isinstance(around, FunctionDef):
            return None
        for item in around.items if isinstance(around, With) else ():
            name = "" if item.target is None else item.target.text
            if name and (given == name or given.startswith(f"{name}.")) and commits_at_exit(project, item.value):
                return item.value
    return None


def lent_by(function: FunctionDef) -> Yield | None:
    """The `yield` of a generator that lends something."""
    if not function.is_generator or function.decorators:
        return None
    lent = next(iter(function.find(Yield, nested=False)))
    return lent if lent.value is not None else None


def late_marker(project: Project, function: FunctionDef) -> Call | None:
    """A `Depends(function)` of FastAPI that leaves what is behind the `yield` until after the response; one that does so in
    so many words (`scope="request"`) comes last."""
    asked: Call | None = None
    for node in dependency_markers(project, function):
        marker = node.enclosing(Call)
        if marker is None or marker.method != "Depends":
            continue
        scope = marker.keyword("scope")
        if not project.qualified(marker.func).startswith("fastapi") or leaves_nothing(project, marker):
            continue
        if scope is None:
            return marker
        asked = asked or (marker if "function" not in scope.text else None)
    return asked


def leaves_nothing(project: Project, marker: Call) -> bool:
    """Whether the endpoint that gets the session has always committed by its end, so that nothing is left to do behind the
    `yield`."""
    param = marked_param(marker)
    function = None if param is None else param.function_of
    if param is None or function is None:
        return False
    commits = [one for one in calls_named(function, ("commit",), function.start, function.end) if one.is_on(param.name)]
    last = commits[-1] if commits else None
    if last is None or any(
        isinstance(one, If | For | While | Except) and function.contains(one) for one in last.ancestors
    ):
        return False
    # Whoever leaves before it leaves what is pending to the dependency.
    if any(one.start < last.start for one in function.find(Return, nested=False)):
        return False
    later = calls_between(function, last.end, function.end)
    written = any(one.is_on(param.name) and (one.method in PENDING or is_write(project, one)) for one in later)
    return not written and not is_handed(function, param.name, last.end, function.end)


def found(file: SourceFile, function: FunctionDef, commit: Node, marker: Call) -> Finding:
    """The finding, at the commit."""
    what = f"`{commit.text}`" if commit.text.count("\n") == 0 else "the `begin()` block"
    if not isinstance(commit, Call) or commit.method not in ("commit", "begin"):
        what = f"the commit at the end of {what}, in"
    else:
        what += " of"
    return file.finding(
        commit_after_response,
        commit,
        f"{what} the dependency {function.name}() runs when the response has been sent (FastAPI before 0.106 and "
        "since 0.118): if it fails, the client has been told of success",
        # Who writes `scope="request"` has decided for it, as for a stream that reads on.
        confidence=Confidence.MEDIUM if marker.keyword("scope") is None else Confidence.LOW,
        remedy=f'commit in the endpoint, or `Depends({function.name}, scope="function")` (FastAPI 0.121)',
        related=(Related(message="injected here", location=marker.file.location(marker)),),
    )
