"""A session is closed only when nothing goes wrong.

Why: the `close()` stands behind statements that can fail, in no `finally`. The first error, cancelled request or
early return skips it, and the connection stays out of the pool just when the service is in trouble.

Bad:

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def count():
        session = Session()
        number = await session.scalar(text("select count(*) from orders"))
        await session.close()
        return number

Good:

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def count():
        session = Session()
        try:
            return await session.scalar(text("select count(*) from orders"))
        finally:
            await session.close()

Wrong when: the error ends the process, and its pool with it. A function that a script hands to `asyncio.run()` under its
guard, or that is a step of that function, in no loop and no `try`, is left alone.

Source: https://docs.sqlalchemy.org/en/20/orm/session_basics.html (Opening and Closing a Session)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.entry_points import is_dependency
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Attribute,
    Await,
    Call,
    Except,
    Finally,
    For,
    FunctionDef,
    Name,
    Node,
    Return,
    Try,
    While,
    With,
    Yield,
)
from forge_doctor.code.syntax.prefilter import AnyWord, Either
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.connections.acquired_blocks import is_pool
from forge_doctor.lint.dataflow.sessions.creation import Made, sessions_made
from forge_doctor.lint.dataflow.sessions.leaks import bound_name
from forge_doctor.lint.dataflow.sessions.lifetimes import lifetime_of
from forge_doctor.lint.dataflow.sessions.ownership import Lifetime
from forge_doctor.lint.dataflow.sessions.transactions import calls_named, is_awaited
from forge_doctor.lint.rules.engine_never_disposed import ends_program
from forge_doctor.lint.rules.unclosed_session import SUSPECT as MAKES_SESSIONS

SUSPECT = Either(MAKES_SESSIONS, AnyWord(b"__aexit__"))
BROAD = frozenset({"Exception", "BaseException", "builtins.Exception"})


@check(severity=Severity.WARNING)
def close_skipped_on_error(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every session that is closed by a plain statement."""
    for made in sessions_made(file, project):
        function = made.function
        life = None if function is None else lifetime_of(project, made.node)
        if function is None or life is None or life.is_kept or not is_closed_plainly(function, life):
            continue
        skipper = what_skips(made, function, life.closes[0])
        if skipper is not None and not (isinstance(skipper, Await) and ends_with_it(project, function)):
            yield found(file, made, life.closes[0], skipper)
    if file.mentions(b"__aexit__"):
        yield from of_exit_methods(file, project)
    if file.mentions(b"yield"):
        yield from of_plain_dependencies(file, project)


def of_exit_methods(file: SourceFile, project: Project) -> Iterator[Finding]:
    """An `__aexit__` whose close, or release of asyncpg's connection, stands behind a commit that may fail."""
    for call in file.calls("close", "release"):
        function, receiver = call.function, call.receiver
        if function is None or receiver is None or function.name != "__aexit__" or not is_awaited(call):
            continue
        is_release = call.method == "release" and is_pool(project, receiver)
        value = project.known(receiver)
        is_close = call.method == "close" and value.kind is Kind.ASYNC_SESSION and value.confidence > Confidence.LOW
        if not (is_release or is_close) or any(isinstance(one, Finally | Except) for one in call.ancestors):
            continue
        before = (one for one in calls_named(function, ("commit",), function.start, call.start) if is_awaited(one))
        failing = next((one for one in before if one.enclosing(Try) is None), None)
        if failing is not None:
            yield file.finding(
                close_skipped_on_error,
                call,
                f"`{call.func.text}()` stands in no `finally`: a `{failing.func.text}()` that fails in line {failing.line} skips it, "
                "and the connection stays out of the pool",
                confidence=Confidence.LOW if is_test_file(file) else Confidence.HIGH,
                remedy=f"try:\n    ...\nfinally:\n    await {call.text}",
                related=(Related(message="skips the close", location=file.location(failing)),),
            )


def of_plain_dependencies(file: SourceFile, project: Project) -> Iterator[Finding]:
    """A plain session that a dependency lends by `yield`, with a `close()` behind it that an error of the endpoint skips."""
    for call in file.calls("close"):
        session, function = call.receiver, call.function
        if not isinstance(session, Name) or function is None or not function.is_generator or function.is_async:
            continue
        lent = next((one for one in function.find(Yield, nested=False) if one.end < call.start), None)
        if lent is None or lent.value is None or lent.value.text != session.text or is_guarded(call, lent):
            continue
        value = project.value_of(session)
        if value.kind is not Kind.SESSION or value.confidence is Confidence.LOW or not is_dependency(project, function):
            continue
        yield file.finding(
            close_skipped_on_error,
            call,
            f"`{call.func.text}()` stands in no `finally`: an error in the endpoint is raised at the `yield` of line "
            f"{lent.line} and skips it, and the connection stays out of the pool until the session is collected",
            confidence=Confidence.LOW if is_test_file(file) else Confidence.MEDIUM,
            remedy=f"with ... as {session.text}:\n    yield {session.text}",
            related=(Related(message="skips the close", location=file.location(lent)),),
        )


def is_guarded(close: Node, lent: Node) -> bool:
    """Whether a `finally`, a handler or a `with` sees to it that the session is closed."""
    return any(isinstance(one, Finally | Except | With) for one in close.ancestors) or any(
        isinstance(one, Try | With) for one in lent.ancestors
    )


def is_closed_plainly(function: FunctionDef, life: Lifetime) -> bool:
    """Whether only `session.close()` statements of the function itself close it, none in `finally` or `except`."""
    return bool(life.closes) and all(
        isinstance(one, Attribute)
        and one.attr in ("close", "aclose")
        and one.function is function
        and one.enclosing(Finally) is None
        and one.enclosing(Except) is None
        for one in life.closes
    )


def what_skips(made: Made, function: FunctionDef, close: Node) -> Node | None:
    """What stands between: an await or yield whose error nobody catches, or a return. Dishka's containers send an error into a
    generator, as what its `yield` gives, and raise none there."""
    block = block_of(made.node)
    for kind in (Await, Return) if function.file.mentions(b"dishka") else (Yield, Await, Return):
        for node in function.find(kind, nested=False):
            between = made.node.end < node.start and node.end < close.start and block[0] <= node.start < block[1]
            if between and not node.contains(close) and (kind is Return or not is_caught(node, close, function)):
                return node
    return None


def ends_with_it(project: Project, function: FunctionDef) -> bool:
    """Whether a script runs it as its program, or as a step of that: an error ends the process, and the pool with it."""
    run = next((one for one in function.file.calls("run") if ends_program(project, one)), None)
    target = project.called(run.args[0]) if run is not None and run.args and isinstance(run.args[0], Call) else None
    if target is None or target is function:
        return target is function
    steps = [one for one in function.file.calls(function.name) if project.called(one) is function]
    return bool(steps) and all(one.function is target and not is_repeated_or_caught(one) for one in steps)


def is_repeated_or_caught(call: Node) -> bool:
    """Whether a loop or a `try` stands around it, so that more may come after it."""
    return any(isinstance(one, Try | For | While) for one in call.ancestors)


def block_of(node: Node) -> tuple[int, int]:
    """Where the block of a statement begins and ends."""
    raw = node.raw.parent
    while raw is not None and raw.parent is not None and raw.type not in ("block", "module"):
        raw = raw.parent
    return (0, node.end) if raw is None else (raw.start_byte, raw.end_byte)


def is_caught(node: Node, close: Node, function: FunctionDef) -> bool:
    """Whether a broad `except` that goes on leads from an error there to the close."""
    inner = node
    for around in node.ancestors:
        if around is function:
            return False
        if isinstance(around, Try) and not around.contains(close) and any(one.contains(inner) for one in around.body):
            for handler in around.handlers:
                if (handler.type is None or handler.type.text in BROAD) and "raise" not in handler.text:
                    return True
        inner = node
    return False


def is_of_tests(made: Made) -> bool:
    """Whether tests make it: by the path, or in a fixture of pytest, wherever that stands."""
    return is_test_file(made.node.file) or (made.function is not None and made.function.decorated_by("fixture"))


def found(file: SourceFile, made: Made, close: Node, skipper: Node) -> Finding:
    """The finding, at the close."""
    name = bound_name(made)
    what = "the `return` in" if isinstance(skipper, Return) else "an error in"
    # A coroutine that gives the session enters nothing itself.
    maker = f"await {made.call.text}" if isinstance(made.call.parent, Await) else made.call.text
    return file.finding(
        close_skipped_on_error,
        close,
        f"`{close.text}()` stands in no `finally`: {what} line {skipper.line} skips it, and the connection stays out "
        "of the pool",
        confidence=min(made.confidence, Confidence.LOW if is_of_tests(made) else Confidence.HIGH),
        remedy=f"async with {maker} as {name}:\n    ...",
        related=(
            Related(message="made here", location=file.location(made.call)),
            Related(message="skips the close", location=file.location(skipper)),
        ),
    )
