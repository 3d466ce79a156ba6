"""A function decorated as a context manager is given to `Depends`.

Why: FastAPI makes the context manager of a dependency that yields itself. One that `@asynccontextmanager` has wrapped
already is a plain function that returns a context manager: the endpoint gets that, or FastAPI fails to walk over it.
Every request that needs it fails.

Bad:

    from contextlib import asynccontextmanager
    from fastapi import Depends, FastAPI
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    @asynccontextmanager
    async def get_session():
        async with Session() as session:
            yield session

    @app.get("/orders")
    async def orders(session: AsyncSession = Depends(get_session)): ...

Good:

    from fastapi import Depends, FastAPI
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    app = FastAPI()

    async def get_session():
        async with Session() as session:
            yield session

    @app.get("/orders")
    async def orders(session: AsyncSession = Depends(get_session)): ...

Wrong when: `Depends` is of another library that enters context managers; only FastAPI's own is looked at, and only
functions of the project whose decorator is the standard library's. Or FastAPI never reads the marker: the function has no
decorator and is handed to nothing, so that only the project's own calls reach it; nothing is said then. Where the endpoint
enters what it is given, older versions of FastAPI may have let it, and confidence is medium.

Source: https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/ (Context Managers); with FastAPI
0.165.0: "'_AsyncGeneratorContextManager' object is not an async iterator"; Netflix/dispatch#4888
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.entry_points import may_be_injected
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.expected_failures import is_expected_to_fail
from forge_doctor.lint.dataflow.frameworks.injection import is_entered_there

SUSPECT = AnyWord(b"Depends(", b"Security(")
# Whoever takes what another module makes may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("opens",)
MANAGERS = frozenset({"contextlib.asynccontextmanager", "contextlib.contextmanager"})


@check(severity=Severity.ERROR)
def context_manager_as_dependency(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what every `Depends` is given."""
    for call in file.calls("Depends", "Security"):
        given = call.argument(0, "dependency")
        if given is None:
            continue
        made = followed(project, given)
        wrapped = made.args[0] if isinstance(made, Call) and len(made.args) == 1 else None
        value = project.value_of(given if wrapped is None else wrapped)
        function = value.definition
        if not isinstance(function, FunctionDef) or value.kind is not Kind.FUNCTION:
            continue
        manager = manager_of(project, function) if wrapped is None else wrapper_of(project, made, function)
        if not manager or not is_of_fastapi(project, call) or is_expected_to_fail(call):
            continue
        if not may_be_injected(project, call):
            continue
        how = "decorated with @" if wrapped is None else "made by "
        yield file.finding(
            context_manager_as_dependency,
            call,
            f"`{given.text}` is {how}{manager}: FastAPI gets a context manager instead of a generator, so "
            "every request that depends on it fails",
            # Before FastAPI looked behind the decorator, the endpoint was given the manager and could enter it.
            confidence=Confidence.MEDIUM if is_entered_there(call) else Confidence.HIGH,
            remedy=f"remove @{manager} from {function.name}(); where it is entered by hand: "
            f"`async with asynccontextmanager({function.name})() as session:`"
            if wrapped is None
            else f"{call.func.text}({wrapped.text})",
            related=(
                Related(
                    message="decorated here" if wrapped is None else "the generator",
                    location=function.file.location(function.name_node),
                ),
            ),
        )


def manager_of(project: Project, function: FunctionDef) -> str:
    """The decorator of the standard library that makes a generator a context manager, where it is the only one."""
    names = [one for one in function.decorators if project.qualified(one) in MANAGERS]
    return names[0].text if len(names) == len(function.decorators) == 1 and function.is_generator else ""


def wrapper_of(project: Project, made: Node, function: FunctionDef) -> str:
    """The same where a call makes one of it: `scope = asynccontextmanager(get_session)`."""
    wraps = isinstance(made, Call) and project.qualified(made.func) in MANAGERS and function.is_generator
    return made.func.text if wraps and isinstance(made, Call) and not function.decorators else ""


def is_of_fastapi(project: Project, call: Call) -> bool:
    """Whether a marker is FastAPI's own."""
    name = project.qualified(call.func)
    return name.partition(".")[0] == "fastapi" or (not name and call.file.mentions(b"fastapi"))
