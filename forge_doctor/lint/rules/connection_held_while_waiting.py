"""A dependency has queried, and its connection is kept while the endpoint waits for something else.

Why: the session of a request is closed when the request ends. The query of a dependency (often the one that checks
the API key) has begun a transaction, so the connection stays checked out, `idle in transaction`, for as long as the
endpoint waits for a model, another service or a program. With the default pool 15 such requests at once leave none
for anybody else: "QueuePool limit of size 5 overflow 10 reached", in the dependency of the next request.

Bad:

    import httpx
    from fastapi import Depends, FastAPI
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    async def get_session():
        async with Session() as session:
            yield session

    async def check_key(key: str, session: AsyncSession = Depends(get_session)):
        return await session.scalar(text("select owner from keys where key = :key"), {"key": key})

    @app.post("/answers")
    async def answer(question: str, owner: str = Depends(check_key)):
        async with httpx.AsyncClient(timeout=60) as client:
            return (await client.post("https://models.example/answer", json={"q": question})).json()

Good:

    import httpx
    from fastapi import Depends, FastAPI
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    async def check_key(key: str):
        async with Session() as session:
            return await session.scalar(text("select owner from keys where key = :key"), {"key": key})

    @app.post("/answers")
    async def answer(question: str, owner: str = Depends(check_key)):
        async with httpx.AsyncClient(timeout=60) as client:
            return (await client.post("https://models.example/answer", json={"q": question})).json()

Wrong when: something gives the connection back before the wait. Every commit, rollback and close on the way is looked
at, in the dependencies (those of the routers too, wherever they are included), in the endpoint and in what they call; a
session that goes to code out of sight says no more than low confidence allows. Of a stream nothing is said where the
project asks for FastAPI 0.106 to 0.117 alone, which ends dependencies before it. What the endpoint itself has queried
before is `network-call-in-transaction`. The block of a driver's pool (`pool.acquire()`) that waits for another service keeps
its connection as well; not told where it listens or keeps a lock by it.

Source: https://github.com/mem0ai/mem0/issues/6236 (2026-07), the-momentum/open-wearables#1566 (2026-09, a stream), https://github.com/IBM/mcp-context-forge/issues/1862,
https://github.com/xr843/fojin/pull/649 (2026-06); FastAPI runs what stands behind `yield` after the response:
https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from forge_doctor.check import check
from forge_doctor.code.orm.library_version import exits_before_response
from forge_doctor.code.semantics.entry_points import dependency_names
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import FunctionDef
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Evidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.connections.connection_stretches import uses_in
from forge_doctor.lint.dataflow.connections.connection_use import Waited
from forge_doctor.lint.dataflow.connections.handles import injected_handles, session_sources
from forge_doctor.lint.dataflow.connections.held_connections import summary
from forge_doctor.lint.dataflow.connections.lent_by_pools import waited_in_blocks
from forge_doctor.lint.dataflow.frameworks.injection import dependents, endpoint_decorator
from forge_doctor.lint.dataflow.one_time import runs_once
from forge_doctor.lint.dataflow.requests.left_by_dependencies import (
    HeldByDependency,
    held_by_dependencies,
    leaves_connection,
)
from forge_doctor.lint.dataflow.requests.streams import file_sent, goes_on, reached_in, streams_of
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"def ")
DECLARED = (b"Depends", b"yield")  # a dependency's own; one without may be found by its name
DEFINED = regex(rb"\bdef\s+(\w+)")
# Who calls a service may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("holds",)
ROUTES = regex(rb"@(?:\w+\.)?(?:get|post|put|patch|delete|api_route|route)\s*\(")
MOST_DEPENDENTS = 30


@check(severity=Severity.WARNING)
def connection_held_while_waiting(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what every endpoint waits for, and at the queries of dependencies that endpoints wait behind."""
    if is_test_file(file):
        return
    if ROUTES.search(file.data) is not None:
        for function in project.scopes(file).functions:
            waiting = waiting_endpoint(project, function)
            if waiting is not None:
                yield at_wait(file, function, *waiting)
            elif function.decorators and endpoint_decorator(project, function) is not None:
                yield from of_own_queries(file, project, function)
    if not runs_once(file):
        yield from of_pools(file, project)
    names = dependency_names(project)
    if file.mentions(*DECLARED) or any(
        one[1].decode("utf-8", "replace") in names for one in DEFINED.finditer(file.data)
    ):
        yield from of_dependencies(file, project, names)


def of_pools(file: SourceFile, project: Project) -> Iterator[Finding]:
    """The block of a driver's pool, whose connection has queried and waits for another service with the code."""
    for lent, waited in waited_in_blocks(file, project):
        related = (Related(message="takes the connection", location=file.location(lent.opener)), *waits_here(waited))
        yield file.finding(
            connection_held_while_waiting,
            waited.at,
            f"`{waited.at.func.text}()` waits for {waited.wait.what} inside the block of `{lent.opener.func.text}()`: the "
            "connection is missing in the pool until the answer comes",
            confidence=min(waited.wait.confidence, Confidence.MEDIUM),
            remedy="leave the block before the wait, and take a connection again for what is written behind it",
            related=related,
        )


def waiting_endpoint(project: Project, function: FunctionDef) -> tuple[HeldByDependency, Waited] | None:
    """What a dependency of an endpoint holds while the endpoint waits, and for what."""
    if not function.decorators or endpoint_decorator(project, function) is None:
        return None
    for held in held_by_dependencies(project, function):
        own = summary(project, function, injected_handles(project, function, held.source))
        waited = own.waited or (None if own.ended or own.handed else streamed(project, function, held.source))
        if waited is not None:
            return held, waited
    return None


def streamed(project: Project, function: FunctionDef, source: FunctionDef) -> Waited | None:
    """A response that goes on when the endpoint has returned, a stream or a file: the request ends with it. None where the
    generator itself gives the connection back, or FastAPI ends the dependency before the response is sent."""
    if exits_before_response(project, function.file):
        return None
    for stream in streams_of(project, function):
        wait = goes_on(project, stream.generator)
        handles = reached_in(project, function, stream, injected_handles(project, function, source))
        uses = None if wait is None else uses_in(project, stream.generator, handles)
        # What it saves at its end gives the connection back too late.
        if wait is not None and uses is not None and (not uses.ended or uses.waits_first):
            return Waited(stream.response, stream.response, wait._replace(what=f"{wait.what} in its stream"))
    sent = file_sent(function)
    return None if sent is None else Waited(sent[0], sent[0], sent[1])


def of_own_queries(file: SourceFile, project: Project, function: FunctionDef) -> Iterator[Finding]:
    """An endpoint that has queried itself, and then sends a stream or a file for which its session is kept."""
    for source in session_sources(project, function):
        waited = streamed(project, function, source)
        if waited is None:
            continue
        own = summary(project, function, injected_handles(project, function, source))
        if own.query is not None and own.at is not None and not own.handed:
            yield file.finding(
                connection_held_while_waiting,
                waited.at,
                f"{function.name}() waits for {waited.wait.what} while the session of {source.name}() keeps a connection "
                f"since `{own.at.func.text}()` in line {own.at.line}: it is missing in the pool until all is sent",
                confidence=min(waited.wait.confidence, Confidence.HIGH if own.query is own.at else Confidence.MEDIUM),
                remedy="`await session.close()` before the response is returned, or a session of its own for the query "
                "(`async with Session() as session:`)",
                evidence=(
                    Evidence(label="session", value=source.qualname, source=f"{source.file.path}:{source.line}"),
                ),
                related=(Related(message="takes the connection", location=own.at.file.location(own.at)),),
            )
            return


def of_dependencies(file: SourceFile, project: Project, names: frozenset[str]) -> Iterator[Finding]:
    """The same told at the query, once for each dependency of this file."""
    for provider in project.scopes(file).functions:
        declared = provider.name in names or any(one in provider.text for one in ("Depends", "yield", "Dep"))
        if provider.decorators or not declared or not leaves_connection(project, provider):
            continue
        for endpoint in islice(dependents(project, provider), MOST_DEPENDENTS):
            waiting = waiting_endpoint(project, endpoint)
            if waiting is not None and waiting[0].injection.provider is provider:
                yield at_query(file, provider, endpoint, *waiting)
                break


def waits_here(waited: Waited) -> Iterator[Related]:
    """The wait itself, where that stands in a function that is called."""
    if waited.call is not waited.at:
        yield Related(message="waits here", location=waited.call.file.location(waited.call))


def at_wait(file: SourceFile, endpoint: FunctionDef, held: HeldByDependency, waited: Waited) -> Finding:
    """The finding, at the call of the endpoint that waits."""
    provider = held.injection.provider
    who = "a dependency" if provider is None else f"the dependency {provider.qualname}()"
    related = (Related(message=f"{who} queries here", location=held.at.file.location(held.at)), *waits_here(waited))
    return file.finding(
        connection_held_while_waiting,
        waited.at,
        f"{endpoint.name}() waits for {waited.wait.what} while {who} keeps a connection since its "
        f"`{name_of(held)}()`: it is missing in the pool until the request has ended",
        confidence=min(held.confidence, waited.wait.confidence),
        remedy=REMEDY,
        evidence=evidence(held),
        related=related,
    )


def at_query(
    file: SourceFile, provider: FunctionDef, endpoint: FunctionDef, held: HeldByDependency, waited: Waited
) -> Finding:
    """The finding, at the query of the dependency."""
    return file.finding(
        connection_held_while_waiting,
        held.at,
        f"the connection that {provider.qualname}() takes with `{name_of(held)}()` is kept until the request has ended: "
        f"{endpoint.name}() waits for {waited.wait.what} meanwhile",
        confidence=min(held.confidence, waited.wait.confidence),
        remedy=REMEDY,
        evidence=evidence(held),
        related=(Related(message="waits here", location=waited.at.file.location(waited.at)),),
    )


REMEDY = (
    "in the dependency a session of its own that ends there (`async with Session() as session:`), or "
    "`await session.commit()` before the wait"
)


def name_of(held: HeldByDependency) -> str:
    """How the dependency calls what queries."""
    return held.at.func.text


def evidence(held: HeldByDependency) -> tuple[Evidence, ...]:
    """Since when the connection is held, and by whose session."""
    return (
        Evidence(label="connection held since", value=name_of(held), source=f"{held.at.file.path}:{held.at.line}"),
        Evidence(label="session", value=held.source.qualname, source=f"{held.source.file.path}:{held.source.line}"),
    )
