"""A middleware keeps a connection while the endpoint behind it takes another one.

Why: the session of the middleware has queried, so its connection stays checked out until its block ends, which is
after `call_next`. The endpoint takes a second one. With as many requests at once as the pool has connections, each
holds one and waits for another: none goes on until "QueuePool limit ... reached, connection timed out".

Bad:

    from fastapi import FastAPI, Request
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    @app.middleware("http")
    async def remember(request: Request, call_next):
        async with Session() as session:
            request.state.shop = await session.scalar(text("select name from shop"))
            return await call_next(request)

Good:

    from fastapi import FastAPI, Request
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    @app.middleware("http")
    async def remember(request: Request, call_next):
        async with Session() as session:
            request.state.shop = await session.scalar(text("select name from shop"))
        return await call_next(request)

Wrong when: the endpoint works with the same session, or the connection is given back before. A session that is handed
on (`request.state.db = session`) and one with a commit, rollback or close before `call_next` are left alone.

Source: fastapi/fastapi#3205, nsidnev/fastapi-realworld-example-app#64;
https://docs.sqlalchemy.org/en/20/errors.html#error-3o7r; with a pool of two, two such requests at once ended in
"QueuePool limit of size 2 overflow 0 reached"
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Await, Call, FunctionDef, Name, Subscript, WithItem
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.connections.connection_stretches import state_before
from forge_doctor.lint.dataflow.connections.handles import THE_SESSION, Entered, entered_around
from forge_doctor.lint.dataflow.sessions.creation import made_by
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"call_next", b"self.app(", b"self._app(", b"middleware", b"Middleware")
NEXT = regex(r"call_next|self\._?app|next_app|handler")


@check(severity=Severity.WARNING)
def session_around_call_next(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the sessions that are open around every call of the next application."""
    if is_test_file(file):
        return
    for call in file.calls("call_next", "app", "_app", *given_names(file, project)):
        function = call.function
        if function is None or not isinstance(call.parent, Await):
            continue
        if NEXT.fullmatch(call.func.text) is None and call.func.text != given_name(function):
            continue
        for name, item in (*entered_around(project, call), *made_before(project, function, call)):
            if is_handed_on(function, name, item, call):
                continue
            held = state_before(project, function, ((name, THE_SESSION),), item.start, call.start)
            if held.query is not None and not held.handed:
                yield found(file, call, name, held.at or held.query, held.query)
                break


def made_before(project: Project, function: FunctionDef, call: Call) -> Iterator[tuple[str, Entered]]:
    """The sessions that the function has made without a block by then: `session = Session()`, closed in a `finally`."""
    entered = {one.value.text for one in function.find(WithItem, nested=False)}
    for assign in function.find(Assign, nested=False):
        value = assign.value
        if not isinstance(assign.target, Name) or assign.target.text in entered:
            continue
        if isinstance(value, Call) and assign.end <= call.start:
            made = made_by(project, value)
            if made is not None and made.confidence > Confidence.LOW:
                yield assign.target.text, Entered(value, assign.start, assign.end)


def given_names(file: SourceFile, project: Project) -> frozenset[str]:
    """What the middlewares of a file call the application behind them."""
    functions = project.scopes(file).functions if file.mentions(b"middleware", b"Middleware") else ()
    return frozenset(given_name(one) for one in functions) - {""}


def given_name(function: FunctionDef) -> str:
    """The last parameter of a `dispatch(self, request, call_next)` or of what a `middleware` decorates; empty of others."""
    is_middleware = function.name == "dispatch" if function.is_method else function.decorated_by("middleware")
    params = function.param_names[function.is_method :]
    return params[1] if is_middleware and len(params) == 2 else ""


def is_handed_on(function: FunctionDef, name: str, item: Entered, call: Call) -> bool:
    """Whether the session goes to the application behind: kept in an attribute or a dict."""
    for assign in function.find(Assign, nested=False):
        within = item.start < assign.start < call.start and assign.value is not None and assign.value.text == name
        if within and isinstance(assign.target, Attribute | Subscript):
            return True
    return any(one.text == name for one in call.args)


def found(file: SourceFile, call: Call, name: str, at: Call, query: Call) -> Finding:
    """The finding, at the call of the next application."""
    return file.finding(
        session_around_call_next,
        call,
        f"`{name}` keeps the connection of `{at.func.text}()` (line {at.line}) while everything behind "
        f"`{call.func.text}()` takes a second one: as many requests at once as the pool has connections wait for each other",
        confidence=Confidence.HIGH if query is at else Confidence.MEDIUM,
        remedy=f"close `{name}`, or end its `with` block, before `{call.func.text}(...)`",
        related=(Related(message="takes the first connection", location=file.location(at)),),
    )
