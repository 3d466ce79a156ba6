"""An engine is made for every request.

Why: an engine is a pool of connections, meant to live as long as the process. Made in a handler or a dependency it
opens new connections each time, and the old pool keeps its own until the garbage collector comes: the server runs
out of connections under load.

Bad:

    from fastapi import FastAPI
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

    app = FastAPI()

    @app.get("/orders")
    async def orders():
        engine = create_async_engine("postgresql+asyncpg://localhost/shop")
        async with AsyncSession(engine) as db:
            ...

Good:

    from fastapi import FastAPI
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

    app = FastAPI()
    engine = create_async_engine("postgresql+asyncpg://localhost/shop")

    @app.get("/orders")
    async def orders():
        async with AsyncSession(engine) as db:
            ...

Source: https://docs.sqlalchemy.org/en/20/core/connections.html (the engine is most efficient when created just once)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.engines import MAKERS
from forge_doctor.code.semantics.entry_points import background_starter, dependency_markers
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Await, Call, FunctionDef, If, Keyword, Name, Node
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.regex import regex

SUSPECT = WordsThen(
    rb"(?:create_(?:async_)?engine|engine_from_config)\s*\(",
    b"create_engine",
    b"create_async_engine",
    b"engine_from_config",
)
ROUTES = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "api_route", "websocket", "route"})
# What shows that the engine is kept, thrown away properly, or has no pool.
KEPT = regex(
    r"\bsetattr\b|\bglobal\b|\bnonlocal\b|\bdispose\b|NullPool|app\.state\b|lifespan|setdefault|_engines?\[|_cache\b"
)
CACHES = ("lru_cache", "cache", "cached_property", "cached", "singleton", "alru_cache")


@check(severity=Severity.ERROR)
def engine_per_request(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at engines made inside functions."""
    if is_test_file(file):
        return
    for call in file.calls(*MAKERS):
        function = call.function
        if function is None or project.value_of(call).kind not in (Kind.ASYNC_ENGINE, Kind.ENGINE):
            continue
        if is_kept(project, function) or is_stored(call, function) or is_made_first(call, function):
            continue
        who = called_for_each(project, function)
        if who:
            yield found(file, call, who)


def is_kept(project: Project, function: FunctionDef) -> bool:
    """Whether the function keeps the engine for later calls, disposes of it, or is itself kept."""
    return (
        KEPT.search(function.text) is not None
        or function.decorated_by(*CACHES)
        or any(keeps(project, one) for one in function.decorators)
    )


def keeps(project: Project, decorator: Node) -> bool:
    """Whether a decorator of the project tests what it has before it calls the function: it may call it once."""
    made_by = project.value_of(decorator.func if isinstance(decorator, Call) else decorator).definition
    return isinstance(made_by, FunctionDef) and any(made_by.find(If))


def is_stored(call: Call, function: FunctionDef) -> bool:
    """Whether the engine goes to something that outlives the call: a class, a dict, an object made before."""
    assign = call.parent
    # `makers[loop] = async_sessionmaker(create_async_engine(url))`
    while isinstance(assign, Call | Keyword) and not isinstance(assign.parent, Await):
        assign = assign.parent
    if not isinstance(assign, Assign):
        return False
    if not isinstance(assign.target, Name):
        return function.name != "__init__"
    return re.search(rf"(?:\.\w+|\])\s*=\s*{re.escape(assign.target.id)}\b", function.text) is not None


def is_made_first(call: Call, function: FunctionDef) -> bool:
    """Whether it is made where something that outlives the call is not there yet, and is there afterwards:
    `if self.worker is None: ... self.worker = Worker(engine)`."""
    tested = {one.text for test in function.find(If, nested=False) for one in (test.test, *test.test.find(Attribute))}
    assigned = (one.target for one in function.find(Assign, nested=False) if one.start > call.start)
    return any(isinstance(one, Attribute) and one.text in tested for one in assigned)


def called_for_each(project: Project, function: FunctionDef, depth: int = 0) -> str:
    """Why the function runs for each request or job, in words; empty where it is not known to."""
    route = next((one for one in function.decorators if is_route(one)), None)
    if route is not None:
        return f"{function.name}() handles requests"
    if any(not is_made_once(one) for one in dependency_markers(project, function)):
        return f"{function.name}() is a dependency of each request"
    starter = "" if function.decorated_by("on_event", "on_startup") else background_starter(project, function)
    if starter and not re.search(r"event|startup|settings", starter):
        return f"{function.name}() is run by {starter}"
    return caller_for_each(project, function, depth) if depth < 2 else ""


def is_made_once(marker: Node) -> bool:
    """Whether it is Litestar's `Provide(engine, use_cache=True)`, which keeps what the first request was given."""
    call = marker.parent
    cached = call.keyword("use_cache") if isinstance(call, Call) and call.method == "Provide" else None
    return cached is not None and cached.text == "True"


def caller_for_each(project: Project, function: FunctionDef, depth: int) -> str:
    """The same of a function of this file that calls it."""
    for call in function.file.calls(function.name):
        caller = call.function
        if caller is None or caller is function or is_kept(project, caller) or project.called(call) is not function:
            continue
        who = called_for_each(project, caller, depth + 1)
        if who:
            return who
    return ""


def is_route(decorator: object) -> bool:
    """Whether a decorator is `@app.get(...)` or the like."""
    return (
        isinstance(decorator, Call)
        and isinstance(decorator.func, Attribute)
        and isinstance(decorator.func.value, Name | Attribute)
        and decorator.func.attr in ROUTES
        and bool(decorator.args)
    )


def found(file: SourceFile, call: Call, who: str) -> Finding:
    """The finding, at the call that makes the engine."""
    return file.finding(
        engine_per_request,
        call,
        f"{who}, and makes an engine each time: a new pool of connections for every call, the old ones stay open "
        "until the garbage collector comes",
        confidence=Confidence.HIGH if "handles requests" in who or "dependency" in who else Confidence.MEDIUM,
        remedy=f"engine = {call.text}  (once, at module level or in the lifespan; dispose of it at shutdown)",
    )
