"""An endpoint sends queries itself though the project has a layer for them.

Why: where repositories (or crud modules) hold the queries, one in an endpoint is missed by what they all share: filters
by tenant, eager loading, tests. This is advice on structure and no fault: it runs only when selected.

Bad:

    from fastapi import APIRouter
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession

    router = APIRouter()
    repositories: dict[str, object] = {}

    @router.get("/orders")
    async def orders(session: AsyncSession):
        return (await session.execute(text("select * from orders"))).all()

Good:

    from fastapi import APIRouter
    from sqlalchemy.ext.asyncio import AsyncSession

    router = APIRouter()

    @router.get("/orders")
    async def orders(session: AsyncSession, repository):
        return await repository.all(session)

Wrong when: the project has no such layer, or the query only asks whether the server is there (`SELECT 1`). One is
taken to exist where a folder or module is called repositories, repository, crud or dao, or the file itself speaks of
repositories.

Source: https://fastapi.tiangolo.com/tutorial/bigger-applications/; https://martinfowler.com/eaaCatalog/repository.html
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.files.contents import ALL_NAMES
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Call, FunctionDef, Name
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.frameworks.injection import endpoint_decorator
from forge_doctor.lint.dataflow.sessions.commits_at_exit import SESSIONS
from forge_doctor.regex import regex

SUSPECT = regex(rb"@\w{1,60}\.(?:get|post|put|patch|delete|api_route)\(")
LAYER = regex(r"(?:^|/)(?:\w{0,40}_)?(?:repositor(?:y|ies)|crud|daos?)(?:/|\.py$)")
TESTS = regex(r"(?:^|/)tests?/")
# In code, not in a comment.
SPOKEN_OF = regex(rb"(?m)^[^#\n\"']*repositor")
# What asks whether the server is there reads no table.
ALIVE = regex(r"(?i)\([ \n]{0,40}(?:text\([ \n]{0,40})?[\"']select 1;?[\"']")
QUERIES = frozenset({"execute", "scalar", "scalars", "get", "get_one", "exec", "stream", "stream_scalars", "query"})


@check(severity=Severity.INFO, default=False)
def query_in_endpoint(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the queries of every endpoint, once for each."""
    is_spoken_of = file.mentions(b"repositor") and SPOKEN_OF.search(file.data) is not None
    if is_test_file(file) or not (is_spoken_of or has_layer(project, file)):
        return
    for function in project.scopes(file).functions:
        query = first_query(project, function) if is_route(project, function) else None
        if query is not None:
            yield file.finding(
                query_in_endpoint,
                query,
                f"the endpoint {function.name}() sends `{query.func.text}()` itself, and this project keeps its queries in "
                "a layer of their own",
                confidence=Confidence.MEDIUM,
                remedy="move the query to a repository (or crud) function and call that",
            )


def is_route(project: Project, function: FunctionDef) -> bool:
    """Whether a framework calls it for requests."""
    return bool(function.decorators) and endpoint_decorator(project, function) is not None


def has_layer(project: Project, file: SourceFile) -> bool:
    """Whether a folder or module is called like one that holds queries."""
    project.reading.rest_on_all(file.absolute, ALL_NAMES)
    return _has_layer(project)


@kept_for_the_run
def _has_layer(project: Project) -> bool:
    paths = (path.as_posix() for path in project.surfaces)
    return any(LAYER.search(path) and not TESTS.search(path) for path in paths)


def first_query(project: Project, function: FunctionDef) -> Call | None:
    """The first statement sent with a session in the function itself."""
    for call in function.find(Call, nested=False):
        is_query = call.method in QUERIES and ALIVE.search(call.text) is None
        if is_query and isinstance(call.receiver, Name | Attribute):
            value = project.known(call.receiver)
            if value.kind in SESSIONS and value.confidence > Confidence.LOW:
                return call
    return None
