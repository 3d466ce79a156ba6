"""A context manager or dependency yields a coroutine where its value was meant.

Why: `yield make_session()` of an `async def` hands the coroutine on. Whoever enters the block gets something without
`execute`: AttributeError "'coroutine' object has no attribute", and "coroutine ... was never awaited" in the log.

Bad:

    from contextlib import asynccontextmanager
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def make_session() -> AsyncSession:
        return Session()

    @asynccontextmanager
    async def scope():
        yield make_session()

Good:

    from contextlib import asynccontextmanager
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    @asynccontextmanager
    async def scope():
        async with Session() as session:
            yield session

Wrong when: whoever enters the block awaits what it gives. A generator that is neither a context manager nor a dependency
may well give coroutines, and is left alone; so is one whose file awaits the name that the block binds, and a dependency
whose endpoint, in whatever file, awaits the parameter or calls it an `Awaitable`.

Source: https://docs.python.org/3/library/contextlib.html#contextlib.asynccontextmanager;
https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.entry_points import dependency_markers, is_dependency, marked_param
from forge_doctor.code.semantics.library.kinds import UNKNOWN, Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.matched_calls import end_of_chain, matched_calls
from forge_doctor.code.syntax.nodes import Assign, Await, Call, FunctionDef, Name, Node, Subscript, Yield
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked, is_test_file
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.coroutines.awaits import awaiting_edits
from forge_doctor.regex import regex

CALLED = regex(rb"yield(?<!\wyield)[ \t]{1,8}[\w.]{1,200}\(")
NAMED = regex(rb"yield(?<!\wyield)[ \t]{1,8}(\w{1,80})[ \t]*(?:[#\r\n]|\Z)")
SUSPECT = regex(rb"yield(?<!\wyield)[ \t]{1,8}\w")
# Whoever takes what another module makes may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("opens",)
AWAITABLE = regex(r"\b(?:Awaitable|Coroutine|Task|Future)\[")
# What they give runs by itself, and is lent to be awaited, cancelled or looked at.
TASKS = ("create_task", "ensure_future", "gather", "shield", "run_coroutine_threadsafe", "run_in_executor")


@check(severity=Severity.ERROR)
def coroutine_yielded(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the calls that are yielded, and at the names that hold what one gave."""
    if is_test_file(file):
        return
    yield from of_names(file, project)
    for first in matched_calls(file, CALLED):
        call = end_of_chain(first)
        function = call.function
        if not isinstance(call, Call) or function is None or not isinstance(call.parent, Yield) or is_mocked(call.func):
            continue
        value = project.value_of(call)
        if value.kind is not Kind.COROUTINE or value.confidence is Confidence.LOW or call.method in TASKS:
            continue
        is_awaited = is_awaited_by_user(file, function) or is_awaited_by_route(project, function)
        if lends(project, function) and not is_awaited:
            yield found(file, function, call, call, value.confidence)


def of_names(file: SourceFile, project: Project) -> Iterator[Finding]:
    """What a call gave to a name that is only yielded: `session = self.make()`, `yield session`."""
    for match in NAMED.finditer(file.data) if file.mentions(b"async") else ():
        name = file.node_at(match.start(1))
        function = None if name is None else name.function
        if not isinstance(name, Name) or function is None or not isinstance(name.parent, Yield):
            continue
        call = given_alone(function, name)
        value = UNKNOWN if call is None else project.value_of(call)
        if call is None or value.kind is not Kind.COROUTINE or value.confidence is Confidence.LOW:
            continue
        if call.method in TASKS or is_mocked(call.func):
            continue
        is_awaited = is_awaited_by_user(file, function) or is_awaited_by_route(project, function)
        if lends(project, function) and not is_awaited:
            yield found(file, function, name, call, value.confidence)


def given_alone(function: FunctionDef, name: Name) -> Call | None:
    """The call that a name is bound to, where the function says the name nowhere else: nothing awaits it or has it run."""
    said = [one for one in function.find(Name) if one.id == name.id]
    bound = said[0].parent if len(said) == 2 else None
    return bound.value if isinstance(bound, Assign) and isinstance(bound.value, Call) else None


def lends(project: Project, function: FunctionDef) -> bool:
    """Whether what it yields goes to a `with` block or to a framework."""
    kind = project.result(function).kind
    return kind in (Kind.ASYNC_CONTEXT, Kind.CONTEXT) or (not function.decorators and is_dependency(project, function))


def is_awaited_by_user(file: SourceFile, function: FunctionDef) -> bool:
    """Whether the file enters the block and awaits the name it binds."""
    name = re.escape(function.name).encode()
    for match in re.finditer(
        rb"\bwith[ \t]{1,8}[\w.]{0,80}" + name + rb"\([^\n]{0,200}\)\s{0,8}as[ \t]{1,8}(\w{1,80})", file.data
    ):
        if re.search(rb"await[ \t]{1,8}" + match.group(1) + rb"\b(?![.(\[])", file.data):
            return True
    return False


def is_awaited_by_route(project: Project, function: FunctionDef) -> bool:
    """Whether a function that a framework gives it to, in whatever file, awaits its parameter, or says that it can be."""
    for marker in dependency_markers(project, function):
        param, around = marked_param(marker), marker.enclosing(Subscript)
        if any(said is not None and AWAITABLE.search(said.text) for said in (around, param)):
            return True
        user = None if param is None else param.function_of
        awaited = () if user is None else user.find(Await, nested=False)
        if param is not None and any(one.value.text == param.name for one in awaited):
            return True
    return False


def found(file: SourceFile, function: FunctionDef, place: Node, call: Call, confidence: Confidence) -> Finding:
    """The finding, at what is yielded."""
    return file.finding(
        coroutine_yielded,
        place,
        f"{function.name}() yields the coroutine of `{call.func.text}()`, which nobody has awaited, in the place of what that "
        "gives: AttributeError at its first use",
        confidence=confidence,
        remedy=f"yield await {call.text}" if place is call else f"{place.text} = await {call.text}",
        edits=awaiting_edits(call, safe=False),
    )
