"""A test fixture, or an engine of a test module, lives longer than the event loop of each test.

Why: pytest-asyncio gives every test an event loop of its own unless told otherwise. An engine or session of a fixture
with `scope="session"` or `"module"` is made in the loop of that scope; the connections its pool keeps fail in the loops
of the tests: "attached to a different loop", or "Event loop is closed" in the second test. So does the engine that a
test module makes once, in the second of its tests.

Bad:

    import pytest_asyncio
    from sqlalchemy.ext.asyncio import create_async_engine

    @pytest_asyncio.fixture(scope="session")
    async def engine():
        engine = create_async_engine("postgresql+asyncpg://localhost/shop_test")
        yield engine
        await engine.dispose()

Good:

    import pytest_asyncio
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    @pytest_asyncio.fixture(scope="session")
    async def engine():
        engine = create_async_engine("postgresql+asyncpg://localhost/shop_test", poolclass=NullPool)
        yield engine
        await engine.dispose()

Wrong when: the tests run in the loop of the fixture. A `loop_scope` of tests in the file, in its folder's tests or in
the configuration (one of a fixture moves the fixture alone), an `event_loop` fixture, anyio, NullPool and SQLite all keep
this rule silent, and an engine of a module that something disposes of, or of which only the URL is read.

Source: https://pytest-asyncio.readthedocs.io/en/stable/concepts.html (event loop scopes);
pytest-dev/pytest-asyncio#922 and #402 (an engine of the module), sqlalchemy/sqlalchemy#5626
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.engines import EngineCall, engine_calls
from forge_doctor.code.semantics.library.kinds import Kind, Value, words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Await, Call, FunctionDef, Name, Node, Other
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Evidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.pytest_configuration import configuration, is_automatic, tests_beside
from forge_doctor.lint.dataflow.sessions.module_engines import engine_used
from forge_doctor.regex import regex

SUSPECT = WordsThen(
    rb"fixture\(|create_async_engine\(",
    *(b"pytest_asyncio", b"asyncio_mode", b"pytest.fixture", b"async def test"),
)
LINE_DOES = ("holds",)
WIDE = frozenset({"session", "package", "module", "class"})
HOLDERS = frozenset(
    {Kind.ASYNC_ENGINE, Kind.ASYNC_SESSION, Kind.ASYNC_CONNECTION, Kind.ASYNC_FACTORY, Kind.ASYNCPG_POOL}
)
# What a plain fixture gives that takes its connections in the loops of the tests.
LENDERS = frozenset({Kind.ASYNC_ENGINE, Kind.ASYNC_SESSION})
# What an engine knows without a connection.
ADDRESS = words("url dialect driver name")
SHARED_LOOP = (b"def event_loop", b"anyio", b"NullPool", b"StaticPool", b"sqlite", b"get_event_loop")
CONFIGURED = regex(
    rb"asyncio_default_test_loop_scope|anyio_mode|asyncio_loop_scope|def event_loop|(?<!fixture_)loop_scope="
)
# The loop of a fixture is none of the tests'.
OF_FIXTURES = regex(rb"fixture\([^)]{0,300}+\)|fixture_loop_scope")


@check(severity=Severity.WARNING)
def fixture_outlives_loop(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what async fixtures with a wide scope give, and at what a test module keeps for all its tests."""
    yield from of_module(file, project)
    for function in project.scopes(file).functions:
        decorator = wide_fixture(project, function) if function.decorators else None
        if decorator is None or file.mentions(*SHARED_LOOP) or sets_loop(file.data):
            continue
        if decorator.keyword("loop_scope") is not None and not any(
            b"async def test" in one for one in tests_beside(project, file)
        ):
            continue
        value = project.provided(project.value_of(function.name_node))
        given = project.result(function)
        while given.of is not None and given.kind not in HOLDERS:
            given = given.inner
        kind = given.kind if given.kind in HOLDERS else value.kind
        kept = kept_by_called(project, file, function) if kind not in HOLDERS and function.is_async else None
        if kept is not None and not is_widened(project, file):
            yield found(file, function, decorator, kept.label)
            continue
        if not function.is_async and (kind not in LENDERS or not is_for_loops_of_tests(project, function)):
            continue
        if kind in HOLDERS and not is_widened(project, file) and not is_only_asked(project, function):
            yield found(file, function, decorator, given.label)


def kept_by_called(project: Project, file: SourceFile, fixture: FunctionDef) -> Value | None:
    """The pool that a function of the project makes for the fixture and keeps in a module, which async tests beside it then
    take connections of: `await init_pool()`."""
    if not any(b"async def test" in one for one in tests_beside(project, file)):
        return None
    for call in fixture.find(Call, nested=False):
        made = project.called(call) if isinstance(call.parent, Await) else None
        if made is None or not made.is_async or b"global " not in made.file.data:
            continue
        kept = {name for one in made.find(Other, nested=False) for name in names_declared(one)}
        for assign in made.find(Assign, nested=False) if kept else ():
            value = None if assign.value is None or assign.target.text not in kept else project.value_of(assign.value)
            if value is not None and value.kind is Kind.ASYNCPG_POOL:
                return value
    return None


def names_declared(statement: Node) -> list[str]:
    """Those of `global a, b`."""
    word, _, names = statement.text.partition(" ")
    return [one.strip() for one in names.split(",")] if word == "global" else []


def of_module(file: SourceFile, project: Project) -> Iterator[Finding]:
    """An engine that a test module makes once, and that two of its tests take connections of."""
    if not file.mentions(b"create_async_engine") or file.mentions(*SHARED_LOOP, b".dispose(") or sets_loop(file.data):
        return
    used = [
        (one, engine_used(project, one)) for one in (*asyncio_tests(project, file), *narrow_fixtures(project, file))
    ]
    for engine in engine_calls(file, project):
        dsn = engine.dsn or engine.default_dsn
        if engine.call.function is not None or keeps_nothing(engine) or (dsn is not None and dsn.dialect == "sqlite"):
            continue
        users = [one for one, taken in used if taken is not None and taken.engine.call is engine.call]
        tests = sum(tests_with(project, one) for one in users)
        if tests > 1 and not is_widened(project, file):
            yield found_of_module(file, engine, users, tests)


def keeps_nothing(engine: EngineCall) -> bool:
    """Whether its pool keeps no connection, or nobody can tell."""
    return not engine.is_async or engine.is_custom or engine.has_spread or engine.keyword("poolclass") is not None


def asyncio_tests(project: Project, file: SourceFile) -> Iterator[FunctionDef]:
    """The tests of a file that pytest-asyncio runs."""
    marked = b"pytestmark" in file.data and b"mark.asyncio" in file.data
    every = marked or is_automatic(project, file)
    for one in project.scopes(file).functions:
        if (
            one.is_async
            and one.name.startswith("test")
            and (every or "mark.asyncio" in " ".join(map(text_of, one.decorators)))
        ):
            yield one


def narrow_fixtures(project: Project, file: SourceFile) -> Iterator[FunctionDef]:
    """The async fixtures of a file that are made for each test."""
    for one in project.scopes(file).functions:
        if one.is_async and one.decorated_by("fixture") and wide_fixture(project, one) is None:
            yield one


def tests_with(project: Project, user: FunctionDef) -> int:
    """How many tests run it, as far as anybody can tell: itself, or those that take the fixture."""
    return len(tests_taking(project, user)) if user.decorated_by("fixture") else 1


def text_of(node: Node) -> str:
    """Its source."""
    return node.text


def found_of_module(file: SourceFile, engine: EngineCall, users: list[FunctionDef], tests: int) -> Finding:
    """The finding, where the engine is made."""
    return file.finding(
        fixture_outlives_loop,
        engine.call,
        f"the module keeps one engine for {tests} tests, and every test has an event loop of its own: the connections that "
        f'{users[0].name}() leaves in its pool fail in {next_of(users)} with "attached to a different loop"',
        confidence=Confidence.MEDIUM,
        remedy='`poolclass=NullPool` for the tests\' engine; or `asyncio_default_test_loop_scope = "module"`',
        related=tuple(
            Related(message="takes a connection", location=file.location(one.name_node)) for one in users[:2]
        ),
    )


def next_of(users: list[FunctionDef]) -> str:
    """Who meets them, in words."""
    return f"{users[1].name}()" if len(users) > 1 else "the next test"


def wide_fixture(project: Project, function: FunctionDef) -> Call | None:
    """The decorator, where it is pytest-asyncio's with a scope wider than one test and no loop scope."""
    for one in function.decorators:
        scope = one.keyword("scope") if isinstance(one, Call) else None
        if isinstance(one, Call) and scope is not None and scope.text.strip("\"'") in WIDE:
            own = project.qualified(one.func)
            if not function.is_async:
                return one if own == "pytest.fixture" else None
            if own == "pytest_asyncio.fixture" or (own == "pytest.fixture" and is_automatic(project, one.file)):
                return one
    return None


def is_for_loops_of_tests(project: Project, fixture: FunctionDef) -> bool:
    """Whether an async test beside the file, in a loop of its own by pytest-asyncio's mark or mode, takes what a plain fixture
    gives: itself, or by an async fixture that is made for each test."""
    return bool(tests_taking(project, fixture))


def tests_taking(project: Project, fixture: FunctionDef) -> list[bytes]:
    """The heads of the async tests beside its file that take what a fixture gives, themselves or by a fixture of the file that
    is made for each test."""
    file = fixture.file
    takers = (one for one in project.scopes(file).functions if one.is_async and fixture.name in one.param_names)
    names = [fixture.name, *(one.name for one in takers if wide_fixture(project, one) is None)]
    tests = [one for one in tests_beside(project, file) if b"async def test" in one]
    if not is_automatic(project, file):
        tests = [one for one in tests if b"mark.asyncio" in one]
    taken = re.compile(rb"async def test\w*\([^)]{0,400}\b(?:%s)\b" % "|".join(map(re.escape, names)).encode())
    return [head for one in tests for head in taken.findall(one)]


def is_only_asked(project: Project, fixture: FunctionDef) -> bool:
    """Whether those who take it, all in its own file, ask only where its database is: that opens no connection."""
    file, word = fixture.file, fixture.name.encode()
    if any(word in data for data in tests_beside(project, file) if data != file.data):
        return False
    takers = [one for one in project.scopes(file).functions if fixture.name in one.param_names]
    reads = [one for taker in takers for one in taker.find(Name) if one.text == fixture.name and one.function is taker]
    return bool(reads) and all(isinstance(one.parent, Attribute) and one.parent.attr in ADDRESS for one in reads)


def is_widened(project: Project, file: SourceFile) -> bool:
    """Whether the tests run in a loop of a wider scope, by the configuration or by marks of the folder's tests."""
    if any(CONFIGURED.search(OF_FIXTURES.sub(b"", data)) for data in configuration(project, file)):
        return True
    return any(map(sets_loop, tests_beside(project, file)))


def sets_loop(data: bytes) -> bool:
    """Whether a file says in which loop tests run, which what it says of fixtures does not."""
    return b"loop_scope" in data and b"loop_scope" in OF_FIXTURES.sub(b"", data)


def found(file: SourceFile, function: FunctionDef, decorator: Call, label: str) -> Finding:
    """The finding, at the fixture."""
    scope = decorator.keyword("scope")
    text = "" if scope is None else scope.text
    return file.finding(
        fixture_outlives_loop,
        function.name_node,
        f"the fixture {function.name}() keeps {label} for scope={text}, and every test has an event loop of its own: its "
        'pooled connections fail there with "attached to a different loop"',
        confidence=Confidence.MEDIUM,
        remedy="`poolclass=NullPool` for the tests' engine; or `asyncio_default_test_loop_scope = "
        f"{text}` beside `loop_scope={text}`",
        evidence=(Evidence(label="scope", value=text, source=f"line {decorator.line}"),),
    )
