"""An async fixture is declared with `@pytest.fixture`, and pytest-asyncio leaves it alone.

Why: in its strict mode, the default since version 0.19, pytest-asyncio runs only the async fixtures that are declared with
`@pytest_asyncio.fixture`. pytest itself calls the function and hands its async generator, or its coroutine, to the test:
"'async_generator' object has no attribute 'execute'". The session is never opened, and newer versions of pytest refuse it.

Bad:

    import pytest
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/test"))

    @pytest.fixture
    async def session():
        async with Session() as session:
            yield session

    @pytest.mark.asyncio
    async def test_it(session):
        await session.commit()

Good:

    import pytest
    import pytest_asyncio
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/test"))

    @pytest_asyncio.fixture
    async def session():
        async with Session() as session:
            yield session

    @pytest.mark.asyncio
    async def test_it(session):
        await session.commit()

Wrong when: `asyncio_mode = auto` is set, another plugin (anyio, trio, aiohttp) runs the fixtures, or an older pytest-asyncio
is pinned. The configuration of pytest from the file's folder upwards, the tests beside it and what the project pins are read
for that, and where no configuration is in sight the confidence is low; only where `mark.asyncio` is used is anything told,
and only of fixtures that have to do with a database.

Source: https://pytest-asyncio.readthedocs.io/en/latest/concepts.html#test-discovery-modes; pytest-dev/pytest-asyncio#945 (2024)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, FunctionDef
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.pytest_configuration import configuration, is_automatic, tests_beside
from forge_doctor.regex import regex

SUSPECT = WordsThen(rb"@pytest\.fixture[^\n]*\n(?:@[^\n]*\n)?[ \t]*async[ \t]+def", b"@pytest.fixture")
# Other plugins that run async fixtures, and the option that lets pytest-asyncio do so.
OTHERS = (b"anyio", b"trio", b"aiohttp", b"asyncio-mode", b"alt_pytest_asyncio", b"asyncio_cooperative")
LINE_DOES = ("opens",)
# What a file has that configures a project: where none is in sight, the mode may be set in one that is not there.
SECTIONS = (b"[project]", b"[tool.", b"[tool:", b"[pytest]", b"[build-system]", b"[options]")
OLDER = regex(rb"pytest[-_]asyncio\W{1,12}0\.(?:[0-9]|1[0-8])(?:\.|\W)")


@check(severity=Severity.ERROR)
def async_fixture_not_awaited(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at async functions that pytest alone is told of."""
    if is_run_by_somebody(project, file) or not is_strict(project, file):
        return
    for function in project.scopes(file).functions:
        if not function.is_async or not is_plain_fixture(project, function) or not project.touches_session(function):
            continue
        gives = "an async generator" if function.is_generator else "a coroutine"
        yield file.finding(
            async_fixture_not_awaited,
            function.name_node,
            f"pytest-asyncio leaves {function.name}() alone, as it is declared with `@pytest.fixture`: the test is given {gives}, "
            "not what the fixture gives",
            confidence=Confidence.MEDIUM if is_configured(project, file) else Confidence.LOW,
            remedy="@pytest_asyncio.fixture, or `asyncio_mode = auto` in the configuration of pytest",
        )


def is_plain_fixture(project: Project, function: FunctionDef) -> bool:
    """Whether `@pytest.fixture` is its only decorator."""
    decorators = [one.func if isinstance(one, Call) else one for one in function.decorators]
    return len(decorators) == 1 and project.qualified(decorators[0]) == "pytest.fixture"


def is_run_by_somebody(project: Project, file: SourceFile) -> bool:
    """Whether the mode is automatic, or another plugin may run the fixture."""
    if is_automatic(project, file) or file.mentions(*OTHERS):
        return True
    read = (*configuration(project, file), *tests_beside(project, file))
    return any(word in data for data in read for word in OTHERS) or any(OLDER.search(data) for data in read)


def is_strict(project: Project, file: SourceFile) -> bool:
    """Whether tests are marked one by one, as only the strict mode asks for."""
    return file.mentions(b"mark.asyncio") or any(b"mark.asyncio" in data for data in tests_beside(project, file))


def is_configured(project: Project, file: SourceFile) -> bool:
    """Whether a file that may configure pytest is there."""
    return any(word in data for data in configuration(project, file) for word in SECTIONS)
