"""The session of a request is read in the generator of a streaming response.

Why: a `StreamingResponse` runs its generator after the endpoint has returned. The session of a dependency keeps its
connection for as long as the stream is open, minutes or hours: fifteen open streams and the default pool is empty. On
FastAPI 0.106 to 0.117, or with a session of an `async with` in the endpoint, it is closed before the first line is
sent, and what the generator then reads opens it again with nobody to close it.

Bad:

    import asyncio
    from fastapi import Depends, FastAPI
    from fastapi.responses import StreamingResponse
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    async def get_session():
        async with Session() as session:
            yield session

    @app.get("/orders/live")
    async def live(session: AsyncSession = Depends(get_session)):
        async def lines():
            while True:
                yield str(await session.scalar(text("select count(*) from orders")))
                await asyncio.sleep(1)

        return StreamingResponse(lines())

Good:

    import asyncio
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    @app.get("/orders/live")
    async def live():
        async def lines():
            while True:
                async with Session() as session:
                    count = await session.scalar(text("select count(*) from orders"))
                yield str(count)
                await asyncio.sleep(1)

        return StreamingResponse(lines())

Wrong when: the generator gives its connection back between two reads (a commit, rollback or close in it), or only sends
the rows of one result, for which it needs the connection. The generator and what it calls are read for both: one that
waits for nothing else is told with low confidence.

Source: https://fastapi.tiangolo.com/advanced/advanced-dependencies/ (Dependencies with yield and StreamingResponse,
0.118); aegra/aegra#423; with FastAPI 0.165.0 three open streams left three connections checked out
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.connections.connection_stretches import Uses, uses_in
from forge_doctor.lint.dataflow.connections.handles import (
    THE_SESSION,
    Handles,
    entered_around,
    injected_handles,
    session_sources,
)
from forge_doctor.lint.dataflow.frameworks.injection import endpoint_decorator
from forge_doctor.lint.dataflow.requests.streams import (
    RESPONSES,
    Stream,
    goes_on,
    reached_in,
    stream_of,
    streams_by_helpers,
)

SUSPECT = AnyWord(b"return", b"StreamingResponse", b"EventSourceResponse")
# Who streams what a service reads may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("holds",)


class Streamed(NamedTuple):
    """A generator that is sent, and how it reaches the session of the endpoint."""

    generator: FunctionDef
    at: Node
    handles: Handles
    owner: str


@check(severity=Severity.WARNING)
def session_in_stream(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what every streaming response sends."""
    if is_test_file(file):
        return
    made = (stream_of(project, one) for one in file.calls(*RESPONSES) if one.function is not None)
    for stream in (*(one for one in made if one is not None), *streams_by_helpers(file, project)):
        function = stream.response.function
        for streamed in () if function is None else streamed_by(project, function, stream):
            uses = uses_in(project, streamed.generator, streamed.handles)
            if uses.query is not None and not uses.ended:
                yield found(file, project, streamed, uses)
                break
    yield from of_endpoints(file, project)


def streamed_by(project: Project, endpoint: FunctionDef, stream: Stream) -> Iterator[Streamed]:
    """`lines()`, `service.lines()` or `lines(session)`, with the session that is reached in it."""
    for owner, handles in held_by(project, endpoint, stream.made):
        own = reached_in(project, endpoint, stream, handles)
        if own:
            yield Streamed(stream.generator, stream.response, own, owner)


def held_by(project: Project, endpoint: FunctionDef, call: Call) -> Iterator[tuple[str, Handles]]:
    """The sessions of the endpoint: a dependency's, or of a `with` block around the response."""
    for source in session_sources(project, endpoint):
        handles = injected_handles(project, endpoint, source)
        if handles:
            yield f"the dependency {source.name}()", handles
    for name, item in entered_around(project, call):
        yield f"the block of line {item.line}", ((name, THE_SESSION),)


def of_endpoints(file: SourceFile, project: Project) -> Iterator[Finding]:
    """An endpoint that yields by itself: `response_class=EventSourceResponse`."""
    for function in project.scopes(file).functions if file.mentions(b"response_class") else ():
        decorator = endpoint_decorator(project, function) if function.decorators and function.is_generator else None
        response = None if decorator is None else decorator.keyword("response_class")
        if response is None or response.text.rpartition(".")[2] not in RESPONSES:
            continue
        for source in session_sources(project, function):
            handles = injected_handles(project, function, source)
            uses = uses_in(project, function, handles)
            if uses.query is not None and not uses.ended:
                yield found(
                    file,
                    project,
                    Streamed(function, function.name_node, handles, f"the dependency {source.name}()"),
                    uses,
                )


def found(file: SourceFile, project: Project, streamed: Streamed, uses: Uses) -> Finding:
    """The finding, at the read where that is in this file, else at the response."""
    query = uses.query
    assert query is not None  # noqa: S101 - told by the caller
    place = query if query.file is file else streamed.at
    if uses.waited is not None:
        confidence = Confidence.HIGH if place is query else Confidence.MEDIUM
    else:
        confidence = Confidence.MEDIUM if goes_on(project, streamed.generator) is not None else Confidence.LOW
    other = streamed.at if place is query else query
    return file.finding(
        session_in_stream,
        place,
        f"{streamed.generator.name}() is sent as a stream and reads `{query.func.text}()` with the session of "
        f"{streamed.owner}: its connection stays out of the pool for as long as the stream is open",
        confidence=confidence,
        remedy="open a session in the generator for each read: `async with Session() as session:`, closed before the "
        "next `yield`",
        related=(Related(message="streamed or read here", location=other.file.location(other)),),
    )
