"""An injected session is kept for the life of a WebSocket.

Why: a WebSocket lives as long as its client wants. A session from `Depends` is closed when the endpoint returns; once
it has queried, its connection stays checked out, `idle in transaction`, while the endpoint waits for the next message.
Fifteen open tabs and the default pool is empty. What the session has loaded grows old as well.

Bad:

    from fastapi import Depends, FastAPI, WebSocket
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    async def get_session():
        async with Session() as session:
            yield session

    @app.websocket("/orders")
    async def orders(socket: WebSocket, session: AsyncSession = Depends(get_session)):
        await socket.accept()
        while True:
            number = await socket.receive_text()
            await socket.send_text(await session.scalar(text("select state from orders where number = :n"), {"n": number}))

Good:

    from fastapi import FastAPI, WebSocket
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    @app.websocket("/orders")
    async def orders(socket: WebSocket):
        await socket.accept()
        while True:
            number = await socket.receive_text()
            async with Session() as session:
                state = await session.scalar(text("select state from orders where number = :n"), {"n": number})
            await socket.send_text(state)

Wrong when: the connection is given back before each wait, or nothing is queried until the socket is closed. Any commit,
rollback or close of the session in the endpoint or in what it calls keeps this rule silent. A loop in what the endpoint
hands its socket to counts, if every function on the way there is in sight.

Source: https://docs.sqlalchemy.org/en/20/orm/session_basics.html (When do I construct a Session?);
https://fastapi.tiangolo.com/advanced/websockets/; with FastAPI 0.165.0 each open socket kept one connection
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import FunctionDef
from forge_doctor.code.syntax.prefilter import AnyCall
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.connections.connection_stretches import uses_in
from forge_doctor.lint.dataflow.connections.handles import injected_handles, session_sources
from forge_doctor.lint.dataflow.frameworks.injection import endpoint_decorator
from forge_doctor.lint.dataflow.requests.left_by_dependencies import held_by_dependencies
from forge_doctor.lint.dataflow.requests.websocket_waits import Step, uses_until_wait, way_to_wait

SUSPECT = AnyCall("websocket", "websocket_route")
# Who asks a repository for each message may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("holds",)


@check(severity=Severity.WARNING)
def session_kept_for_websocket(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the sessions of every WebSocket endpoint that waits for messages."""
    if is_test_file(file):
        return
    for function in project.scopes(file).functions:
        decorator = endpoint_decorator(project, function) if function.decorators else None
        if decorator is not None and decorator.method.startswith("websocket"):
            way = way_to_wait(project, function)
            yield from kept(file, project, function, way) if way else ()


def kept(file: SourceFile, project: Project, function: FunctionDef, way: tuple[Step, ...]) -> Iterator[Finding]:
    """A session that has queried and is never given back."""
    waits = way[-1].call
    related = (Related(message="waits for messages here", location=waits.file.location(waits)),)
    for source in session_sources(project, function):
        uses = uses_until_wait(project, way, injected_handles(project, function, source))
        if uses.query is not None and not uses.ended and not (uses.handed and len(way) > 1):
            direct = uses.query.receiver is not None and uses.query.receiver.text in function.param_names
            yield file.finding(
                session_kept_for_websocket,
                uses.query,
                f"`{uses.query.func.text}()` takes a connection that {function.name}() keeps while it waits for messages: "
                "one connection of the pool for each open WebSocket",
                confidence=Confidence.HIGH if direct else Confidence.MEDIUM,
                remedy="open a session for each message: `async with Session() as session:`",
                related=related,
            )
            return
    for held in held_by_dependencies(project, function):
        uses = uses_in(project, function, injected_handles(project, function, held.source))
        if not uses.ended and not (uses.handed and len(way) > 1):
            yield file.finding(
                session_kept_for_websocket,
                way[0].call,
                f"{function.name}() waits for messages while its dependency keeps the connection it has taken with "
                f"`{held.at.func.text}()`: one connection of the pool for each open WebSocket",
                confidence=min(held.confidence, Confidence.MEDIUM),
                remedy="let the dependency close a session of its own, or `await session.commit()` before the loop",
                related=(Related(message="queries here", location=held.at.file.location(held.at)),),
            )
            return
