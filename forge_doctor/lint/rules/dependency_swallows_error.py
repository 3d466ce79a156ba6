"""A dependency catches every error around its `yield` and raises none.

Why: an error of the endpoint comes out of the `yield`. FastAPI wants it raised again: when it is swallowed, every
error, a plain `HTTPException(404)` too, becomes a 500 with a message about a missing response, and the log never says
what had happened. Under `@asynccontextmanager` the code behind the block goes on as if everything had been saved.

Bad:

    from fastapi import Depends, FastAPI
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    async def get_session():
        async with Session() as session:
            try:
                yield session
            except Exception:
                await session.rollback()

    @app.get("/orders")
    async def orders(session: AsyncSession = Depends(get_session)): ...

Good:

    from fastapi import Depends, FastAPI
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    async def get_session():
        async with Session() as session:
            try:
                yield session
            except Exception:
                await session.rollback()
                raise

    @app.get("/orders")
    async def orders(session: AsyncSession = Depends(get_session)): ...

Wrong when: the handler catches one kind of error that is expected, or hands the error to something that raises.
Handlers of `Exception`, `BaseException` or everything are told, of which no way raises or calls something out of sight
with the error; where the function raises further down, the error may have been kept for it, and nothing is told.

Source: https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/ (Always raise in Dependencies with
yield and except); with FastAPI 0.165.0 a 404 of the endpoint ended as FastAPIError "There's a high chance that the
application code is raising an exception and a dependency with yield has a block with a bare except"
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.entry_points import dependency_markers
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, Except, FunctionDef, Raise, Return, Try, Tuple, With, WithItem, Yield
from forge_doctor.code.syntax.prefilter import AnyWord, Both, Either
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.sessions.commits_at_exit import SESSIONS
from forge_doctor.lint.dataflow.sessions.transactions import ENDING, calls_of
from forge_doctor.regex import regex

SUSPECT = Either(
    Both(AnyWord(b"yield"), AnyWord(b"except", b"suppress")), Both(AnyWord(b"exit__"), AnyWord(b"return True"))
)
LINE_DOES = ("holds",)
EXITS = ("__aexit__", "__exit__")
EVERYTHING = frozenset({"Exception", "BaseException"})


@check(severity=Severity.ERROR)
def dependency_swallows_error(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the handlers around the `yield` of what lends a session."""
    if is_test_file(file):
        return
    for function in project.scopes(file).functions:
        if function.name in EXITS and (swallows := returns_true(project, function)) is not None:
            yield found_in_exit(file, function, swallows)
        if not function.is_generator:
            continue
        handler = swallowing(project, function)
        if handler is None or not lends_session(project, function):
            continue
        if is_manager(project, function):
            yield found(
                file, function, handler, "the code behind its `with` block goes on as if nothing had failed", ()
            )
            continue
        marker = None if function.decorators else next(dependency_markers(project, function), None)
        if marker is not None:
            related = (Related(message="injected here", location=marker.file.location(marker)),)
            what = "any error of the endpoint, HTTPException too, ends as a 500 without its cause"
            yield found(file, function, handler, what, related)


def returns_true(project: Project, function: FunctionDef) -> Return | None:
    """The `return True` at the end of the way out of an object that ends a session there: Python drops the error for it."""
    last = function.body[-1] if function.is_method and function.body else None
    if isinstance(last, Try):  # the `finally` alone may follow
        last = last.body[-1]
    if not isinstance(last, Return) or last.value is None or last.value.text != "True":
        return None
    # Whoever raises, or looks what kind of error it is, knows which he drops.
    if next(function.find(Raise, nested=False), None) is not None or KINDS.search(function.text) is not None:
        return None
    ends = (one for one in calls_of(function) if one.method in ENDING and one.receiver is not None)
    held = any(one.receiver is not None and project.known(one.receiver).kind in SESSIONS for one in ends)
    return last if held else None


KINDS = regex(r"issubclass|isinstance|\bis\s+(?:not\s+)?\w*(?:Error|Exception)|==\s*\w*(?:Error|Exception)")


def swallowing(project: Project, function: FunctionDef) -> Except | WithItem | None:
    """The handler that catches what comes out of the `yield` and raises nothing, or a `suppress(Exception)` around it."""
    lent = next(iter(function.find(Yield, nested=False)))
    for around in lent.ancestors:
        if around is function:
            return None
        if isinstance(around, With) and (item := suppressing(project, around)) is not None:
            return item
        if isinstance(around, Try) and any(one.contains(lent) for one in around.body):
            handler = next((one for one in around.handlers if catches_everything(one)), None)
            if handler is not None:
                return None if may_raise(handler) or raises_behind(function, handler) else handler
    return None


def raises_behind(function: FunctionDef, handler: Except) -> bool:
    """Whether a `raise` further down may raise what the handler has kept: in a `finally`, or behind the `try`."""
    other = handler.parent.handlers if isinstance(handler.parent, Try) else ()
    return any(
        one.start > handler.end and not any(around.contains(one) for around in other)
        for one in function.find(Raise, nested=False)
    )


def suppressing(project: Project, block: With) -> WithItem | None:
    """The `contextlib.suppress` of a block that takes whatever an endpoint may raise."""
    for item in block.items:
        call = item.value
        given = call.args if isinstance(call, Call) and project.qualified(call.func) == "contextlib.suppress" else ()
        if any(one.text.rpartition(".")[2] in EVERYTHING for one in given):
            return item
    return None


def catches_everything(handler: Except) -> bool:
    """Whether it catches whatever an endpoint may raise."""
    kind = handler.type
    if kind is None:
        return True
    names = kind.elts if isinstance(kind, Tuple) else (kind,)
    return any(one.text.rpartition(".")[2] in EVERYTHING for one in names)


def may_raise(handler: Except) -> bool:
    """Whether some way out of the handler raises, or something is called with the error that may."""
    if next(handler.find(Raise, nested=False), None) is not None:
        return True
    name = re.search(r"\bas\s+(\w+)\s*:", handler.text.partition("\n")[0])
    for call in handler.find(Call, nested=False):
        if re.search(r"log|print|capture|rollback|record|warn|error|exception|debug|str|repr|format", call.func.text):
            continue
        if name is not None and any(one.text == name.group(1) for one in call.args):
            return True
        if re.search(r"raise|abort|handle|exit|fail", call.func.text):
            return True
    return False


def lends_session(project: Project, function: FunctionDef) -> bool:
    """Whether what is yielded is a session."""
    lent = next(iter(function.find(Yield, nested=False)))
    return lent.value is not None and project.known(lent.value).kind in SESSIONS


def is_manager(project: Project, function: FunctionDef) -> bool:
    """Whether the standard library makes it a context manager."""
    return project.result(function).kind in (Kind.ASYNC_CONTEXT, Kind.CONTEXT)


def found_in_exit(file: SourceFile, function: FunctionDef, swallows: Return) -> Finding:
    """The finding, at the `return`."""
    return file.finding(
        dependency_swallows_error,
        swallows,
        f"{function.qualname}() returns True, which drops whatever error comes out of its `with` block: the code behind goes "
        "on as if nothing had failed",
        confidence=Confidence.HIGH,
        remedy="return None, or False",
    )


def found(
    file: SourceFile, function: FunctionDef, handler: Except | WithItem, what: str, related: tuple[Related, ...]
) -> Finding:
    """The finding, at the handler."""
    head = handler.text.partition("\n")[0].rstrip()
    return file.finding(
        dependency_swallows_error,
        handler,
        f"`{head}` around the `yield` of {function.qualname}() raises nothing: {what}",
        confidence=Confidence.HIGH,
        remedy="end the handler with `raise`"
        if isinstance(handler, Except)
        else "take the `suppress` away, or catch only what the dependency can answer for",
        related=related,
    )
