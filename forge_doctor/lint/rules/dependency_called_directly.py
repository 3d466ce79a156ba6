"""A dependency is called like a plain function.

Why: only the framework drives a dependency that yields. Called directly it gives a generator, not a session; with
`anext()` it gives a session whose generator nobody finishes, so its `finally` runs whenever the garbage collector
comes. And a function with `db=Depends(...)`, called without `db`, gets the marker in the place of a session.

Bad:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def get_session():
        async with Session() as session:
            yield session

    async def job():
        db = await anext(get_session())
        await db.commit()

Good:

    from contextlib import asynccontextmanager
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def get_session():
        async with Session() as session:
            yield session

    async def job():
        async with asynccontextmanager(get_session)() as db:
            await db.commit()

Wrong when: the function closes the session itself, in a `finally`: looked at where the generator has a name; or a
decorator of the function fills the parameter in. One of the project is read, one that is called for it is
believed, and any other that is out of sight leaves medium confidence. A function that does nothing with the parameter
is silent.

Source: https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    ComprehensionFor,
    Finally,
    For,
    FunctionDef,
    Name,
    Node,
    Param,
)
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.frameworks.unfilled import (
    Unfilled,
    awaited_without,
    called_plainly,
    is_given,
    left_empty,
    made_by_hand,
    unfilled,
)
from forge_doctor.lint.dataflow.sessions.creation import word_start
from forge_doctor.lint.dataflow.use_def import reads_of
from forge_doctor.lint.dataflow.uses import Use, at_place
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"ession")
LINE_DOES = ("opens",)
CALLED = tuple(regex(word + rb"\w{0,100}+\(\s*\)") for word in (b"ession", b"db", b"database", b"conn"))
FINISHED = regex(r"aclose|athrow|asend|async for|GeneratorExit")
MOCKING = regex(r"[mM]ock|\bpatch")
DROPPED = "its generator is dropped at once, so its clean-up runs at any time"
CLOSED_AT_ONCE = (
    "its generator is dropped, so the session is closed before it is used, and the connection it takes then stays out of the "
    "pool until it is collected"
)
LEFT = "its generator is left at the first `yield`, so its clean-up runs at any time"
USED = (Assign, Attribute, Await, Call, ComprehensionFor, For, Param)
CONSEQUENCE = {
    Use.AWAITED: "an async generator cannot be awaited: TypeError at run time",
    Use.ENTERED: "an async generator is no context manager: TypeError at run time",
    Use.ENTERED_SYNC: "an async generator is no context manager: TypeError at run time",
    Use.CHAINED: "an async generator has no such attribute: AttributeError at run time",
    Use.ITERATED: "an async generator is nothing for a plain `for`: TypeError at run time",
}


@check(severity=Severity.ERROR)
def dependency_called_directly(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at calls of functions that yield a session, and of functions that want one from `Depends`."""
    for offset in generators_called(file, project):
        call = call_at(file, offset)
        if (call is not None and isinstance(call.parent, USED)) or is_entered(call):
            yield from of_generator(file, project, call)
    others = () if is_test_file(file) else (*made_by_hand(file, project), *called_plainly(file, project))
    if not is_test_file(file):
        yield from of_plain_generators(file, project)
    for call, made, param in (*awaited_without(file, project), *others):
        if not is_given(call, made, param):
            sure = left_empty(project, made, param)
            if sure is not None:
                yield missing(file, call, made, param, sure)
    if file.mentions(b"Depends"):
        yield from (unfilled_marker(file, one) for one in unfilled(file, project))


def generators_called(file: SourceFile, project: Project) -> list[int]:
    """Where something is called that may be an async generator of a session: told by its name alone."""
    found = {word_start(file.data, one.start()): one.end() for name in CALLED for one in name.finditer(file.data)}
    names = {start: file.data[start:end].partition(b"(")[0].strip().decode() for start, end in found.items()}
    return sorted(start for start, name in names.items() if name in project.async_names)


def call_at(file: SourceFile, offset: int) -> Call | None:
    """The call of the name at an offset."""
    node = file.node_at(offset)
    if isinstance(node, Name) and isinstance(node.parent, Attribute) and node.parent.attr_node is node:
        node = node.parent
    around = None if node is None else node.parent
    return around if isinstance(around, Call) and around.func is node else None


def is_entered(call: Call | None) -> bool:
    """Whether `with` or `async with` enters the call itself."""
    return call is not None and at_place(call)[0].use in (Use.ENTERED, Use.ENTERED_SYNC)


# -- generators


def of_generator(file: SourceFile, project: Project, call: Call | None) -> Iterator[Finding]:
    """`get_session()` where it is an async generator that yields a session."""
    value = None if call is None else project.value_of(call)
    if call is None or value is None or value.kind is not Kind.ASYNC_ITERATOR or not value.inner.kind.is_async_session:
        return
    function = value.definition
    if not isinstance(function, FunctionDef) or function.decorators:
        return
    fate, place = at_place(call)
    if fate.use in CONSEQUENCE and not is_generator_method(fate.node):
        yield told(file, call, function, CONSEQUENCE[fate.use], Confidence.HIGH)
    elif isinstance(call.parent, Param) and call.parent.default is call:
        yield told(file, call, function, "the default is one generator, made once, not a session", Confidence.HIGH)
    elif isinstance(call.parent, Call) and call.parent.func.text in ("next", "iter", "list"):
        yield told(file, call, function, "an async generator is no iterator: TypeError at run time", Confidence.HIGH)
    elif is_next(call) and is_unfinished(call):
        yield told(file, call, function, DROPPED, Confidence.MEDIUM)
    elif fate.use is Use.ASSIGNED and isinstance(place.parent, Assign):
        yield from of_name(file, project, call, function, place.parent)


def of_plain_generators(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`db = next(get_db())`: the generator is closed at once, and what the session takes afterwards nobody gives back."""
    for call in file.calls("next"):
        given, bound = call.args[0] if len(call.args) == 1 else None, call.parent
        value = project.value_of(given) if isinstance(given, Call) and isinstance(bound, Assign) else None
        function = None if value is None else value.definition
        if value is None or value.kind is not Kind.ITERATOR or not value.inner.kind.is_sync_session:
            continue
        if not isinstance(function, FunctionDef) or function.decorators or call.function is None:
            continue
        if (
            isinstance(given, Call)
            and isinstance(bound, Assign)
            and f"{bound.target.text}.close(" not in call.function.text
        ):
            yield told(file, given, function, CLOSED_AT_ONCE, Confidence.MEDIUM)


def of_name(file: SourceFile, project: Project, call: Call, function: FunctionDef, assign: Assign) -> Iterator[Finding]:
    """`db = get_session()`, then `db.execute(...)`."""
    if not isinstance(assign.target, Name):
        return
    reads = list(reads_of(project, assign.target, assign))
    # Asked for a second time, a generator runs to its end.
    if (
        len(reads) == 1
        and is_next(reads[0])
        and is_unfinished(call)
        and not is_of_test(call)
        and not is_closed(reads[0])
    ):
        yield told(file, call, function, LEFT, Confidence.MEDIUM)
    for read in reads:
        use, _ = at_place(read)
        if use.use in CONSEQUENCE and not is_generator_method(use.node):
            yield told(file, call, function, CONSEQUENCE[use.use], Confidence.HIGH)
            return


def is_generator_method(node: Node) -> bool:
    """Whether an attribute is one a generator has."""
    return isinstance(node, Attribute) and (node.attr in ("aclose", "athrow", "asend") or node.attr.startswith("__"))


def is_next(generator: Node) -> bool:
    """Whether it stands in `anext(...)` or before `.__anext__()`."""
    around = generator.parent
    if isinstance(around, Attribute):
        return around.attr == "__anext__"
    return isinstance(around, Call) and around.method == "anext" and around.args[:1] == (generator,)


def is_unfinished(call: Call) -> bool:
    """Whether nothing in the function finishes the generator, and its session is no mock."""
    text = "" if call.function is None else call.function.text
    return FINISHED.search(text) is None and MOCKING.search(text) is None


def is_closed(generator: Node) -> bool:
    """Whether a `finally` closes the session that the generator gave: its own clean-up has nothing left to do then."""
    bound = generator.enclosing(Assign)
    if bound is None or bound.function is None or not isinstance(bound.target, Name):
        return False
    name = bound.target.text
    return any(
        call.method == "close" and call.is_on(name)
        for block in bound.function.find(Finally, nested=False)
        for call in block.find(Call, nested=False)
    )


def is_of_test(call: Call) -> bool:
    """Whether a test keeps the generator: it ends with the test, and the loop finishes what is left."""
    return call.function is not None and call.function.name.startswith("test_") and is_test_file(call.file)


def told(file: SourceFile, call: Call, function: FunctionDef, consequence: str, confidence: Confidence) -> Finding:
    """The finding, at the call."""
    return file.finding(
        dependency_called_directly,
        call,
        f"`{call.text}` is called directly, but {function.name}() yields its session to a framework: {consequence}",
        confidence=confidence,
        remedy=f"{'async ' * function.is_async}with {'async' * function.is_async}contextmanager({call.func.text})() as session:",
        related=(Related(message="yields the session", location=function.file.location(function.name_node)),),
    )


# -- markers


def missing(file: SourceFile, call: Call, function: FunctionDef, param: Param, sure: Confidence) -> Finding:
    """The finding, at the call."""
    called = call.func.text if function.name == "__init__" else function.name
    return file.finding(
        dependency_called_directly,
        call,
        f"`{called}()` is called without `{param.name}`: only the framework puts a session in the place of "
        f"`{param.default.text if param.default else ''}`, here the marker itself arrives",
        confidence=sure,
        remedy=f"{call.func.text}(..., {param.name}=session)",
        related=(Related(message="its parameter", location=function.file.location(param)),),
    )


def unfilled_marker(file: SourceFile, one: Unfilled) -> Finding:
    """The finding where a function is handed to what fills in no `Depends`."""
    marker = one.param.default.text if one.param.default is not None else ""
    return file.finding(
        dependency_called_directly,
        one.place,
        f"{one.caller} calls `{one.function.name}()` without `{one.param.name}`: only FastAPI puts a session in the place of "
        f"`{marker}`, and only for requests; here the marker itself arrives, and its first use fails with AttributeError",
        confidence=Confidence.HIGH,
        remedy=f"open a session inside {one.function.name}()",
        related=(Related(message="its parameter", location=one.function.file.location(one.param)),),
    )
