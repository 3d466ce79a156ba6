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
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.orm.engines import MAKERS
from forge_doctor.code.semantics.entry_points import background_starter, dependency_markers
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_files
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    BoolOp,
    Call,
    ClassDef,
    FunctionDef,
    If,
    Keyword,
    Name,
    Node,
)
from forge_doctor.code.syntax.prefilter import AnyWord, Either, WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file, is_test_path
from forge_doctor.finding import Confidence, Finding, Location, Related, Severity
from forge_doctor.lint.dataflow.connections.waiting_functions import place_of
from forge_doctor.regex import regex

SUSPECT = Either(
    WordsThen(
        rb"(?:create_(?:async_)?engine|engine_from_config)\s*\(",
        b"create_engine",
        b"create_async_engine",
        b"engine_from_config",
    ),
    AnyWord(b"def "),
)
# Who calls what makes an engine may say no word of a database.
EVERYWHERE = True
ROUTES = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "api_route", "websocket", "route"})
# What shows that the engine is kept, thrown away properly, or has no pool.
KEPT = regex(
    r"\bsetattr\b|\bglobal\b|\bnonlocal\b|\bdispose\b|NullPool|app\.state\b|lifespan|setdefault|_engines?\[|_cache\b"
)
CACHES = ("lru_cache", "cache", "cached_property", "cached", "singleton", "alru_cache")


@check(severity=Severity.ERROR)
def engine_per_request(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at engines made inside functions, and at calls of functions and classes of other files that make one."""
    if is_test_file(file):
        return
    for call in file.calls(*MAKERS):
        who = called_for_each(project, call.function) if call.function is not None and is_anew(project, call) else ""
        if who:
            yield found(file, call, who)
    makers = engine_makers(project)
    for call in file.calls(*(makers.keys() & file.names_called)):
        made = engine_behind(project, call, makers[call.method]) if is_called_anew(project, call) else None
        who = "" if made is None or call.function is None else called_for_each(project, call.function, 1)
        if who and made is not None:
            yield found_elsewhere(file, call, made, who)


def is_anew(project: Project, call: Call) -> bool:
    """Whether it makes an engine in a function that keeps none for later calls."""
    return project.value_of(call).kind in (Kind.ASYNC_ENGINE, Kind.ENGINE) and is_called_anew(project, call)


def is_called_anew(project: Project, call: Call) -> bool:
    """Whether the function around it keeps nothing of what it makes."""
    function = call.function
    return function is not None and not (
        is_kept(project, function) or is_stored(call, function) or is_made_first(call, function)
    )


class Maker(NamedTuple):
    """A function or class whose call makes an engine: `called` is where that stands, the file's path and its first byte,
    `engine` the call that makes it. `unless_given` where it does so for want of an argument: `engine or get_engine()`."""

    called: tuple[str, int]
    engine: Location
    unless_given: bool = False


@kept_for_the_run
def engine_makers(project: Project) -> dict[str, tuple[Maker, ...]]:
    """What makes an engine and keeps it no longer than the call lasts, or the object: functions, classes by their `__init__`,
    and functions of the same file that call one of these; by the name that who calls it uses."""
    found: dict[str, tuple[Maker, ...]] = {}
    for path in marked_files(project, Mark.ENGINES):
        is_test = is_test_path(path.relative_to(project.root).as_posix())
        file = None if is_test else project.open_for_all(path)
        for name, one in () if file is None else makers_in(file, project):
            found[name] = (*found.get(name, ()), one)
    return found


def makers_in(file: SourceFile, project: Project) -> tuple[tuple[str, Maker], ...]:
    """Those of one file, with their names."""
    made = [one for one in file.calls(*MAKERS) if is_anew(project, one) and not has_no_pool(one)]
    own = {
        callee_of(one.function): Maker(place_of(callee_of(one.function)), file.location(one))
        for one in made
        if one.function is not None
    }
    for call in file.calls(*{one.name for one in own}):
        called, function = called_by(project, call), call.function
        first = own.get(called) if isinstance(called, FunctionDef | ClassDef) else None
        if first is not None and function is not None and is_called_anew(project, call):
            behind = callee_of(function)
            own.setdefault(behind, Maker(place_of(behind), first.engine, unless_given=isinstance(call.parent, BoolOp)))
    return tuple((callee.name, one) for callee, one in own.items())


def callee_of(function: FunctionDef) -> FunctionDef | ClassDef:
    """What is called to run a function: for an `__init__`, its class."""
    owner = function.owner
    return owner if function.name == "__init__" and isinstance(owner, ClassDef) else function


def called_by(project: Project, call: Call) -> Node | None:
    """The function or class that a call calls."""
    func = project.value_of(call.func)
    return func.inner.definition if func.kind is Kind.CLASS else func.definition


def has_no_pool(call: Call) -> bool:
    """Whether an option of the engine says which pool it has: none, maybe, or one that others share."""
    return any(one.name in ("", "poolclass", "pool") for one in call.keywords)


def engine_behind(project: Project, call: Call, makers: Iterable[Maker]) -> Location | None:
    """The engine that a call of another file comes to."""
    called = called_by(project, call)
    if called is None or called.file is call.file:
        return None
    place, is_given = place_of(called), bool(call.args or call.keywords)
    return next((one.engine for one in makers if one.called == place and not (one.unless_given and is_given)), None)


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


def found_elsewhere(file: SourceFile, call: Call, place: Location, who: str) -> Finding:
    """The finding, at the call that comes to it."""
    return file.finding(
        engine_per_request,
        call,
        f"{who}, and `{call.func.text}()` makes an engine each time ({place.target}:{place.line}): a new pool of connections for "
        "every call, the old ones stay open until the garbage collector comes",
        confidence=Confidence.MEDIUM,
        remedy=f"call `{call.func.text}()` once, at module level or in the lifespan; dispose of its engine at shutdown",
        related=(Related(message="the engine is made here", location=place),),
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
