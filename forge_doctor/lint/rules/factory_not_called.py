"""A factory is entered where a session was meant: it is not called.

Why: `async_sessionmaker` makes sessions when it is called and is no context manager itself. `async with Session as
session:` raises TypeError before anything is asked of the database.

Bad:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def count():
        async with Session as session:
            ...

Good:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def count():
        async with Session() as session:
            ...

Wrong when: the name holds something else there, such as a session made of the factory before. What is bound to the
name at that place is looked at, and anything that is a factory on one way only is left alone.

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html (async_sessionmaker); with SQLAlchemy 2.1.9:
"'async_sessionmaker' object does not support the asynchronous context manager protocol"
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.matched_calls import reference_at
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Node, WithItem
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked
from forge_doctor.finding import Confidence, Evidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.expected_failures import is_expected_to_fail
from forge_doctor.regex import regex

# A name or a dotted name that is entered as it stands.
ENTERED = (
    regex(rb"with(?<!\wwith)[ \t(]+([\w.]{1,200})(?:\s+as\b|\s*:)"),
    regex(rb",\s*([\w.]{1,200})\s+as\b"),
)
# A class of factories, or a function that gives one, whose factory is entered: `async with async_sessionmaker() as db`.
MADE = regex(rb"with(?<!\wwith)[ \t(]+([\w.]{0,200}maker)\(")
SUSPECT = WordsThen(
    rb"with(?<!\wwith)[ \t(]+[\w.]+(?:\s+as\b|\s*:|(?<=maker)\()", b"ession", b"aker", b"actory", b"ocal", b"db", b"DB"
)
LINE_DOES = ("opens",)
LENT = frozenset({Kind.ASYNC_SESSION, Kind.SESSION, Kind.ASYNC_CONNECTION, Kind.CONNECTION})
FACTORIES = {Kind.ASYNC_FACTORY: "async_sessionmaker", Kind.FACTORY: "sessionmaker"}


@check(severity=Severity.ERROR)
def factory_not_called(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what is entered without being called."""
    for end in sorted(match.end(1) for entered in ENTERED for match in entered.finditer(file.data)):
        given = reference_at(file, end - 1)
        if given is None or not isinstance(given.parent, WithItem):
            continue
        value = factory(project, given, given)
        if value is None:
            if (manager := lending(project, given)) is not None:
                yield of_manager(file, given, manager)
            continue
        yield file.finding(
            factory_not_called,
            given,
            f"`{given.text}` is {value.label}, which makes sessions when it is called and cannot be entered itself: "
            "TypeError at run time, before any query",
            confidence=value.confidence,
            remedy=f"{given.text}()",
            evidence=(Evidence(label="factory", value=given.text, source=value.why),),
            edits=(file.insertion(given.end, "()", safe=value.confidence is Confidence.HIGH),),
        )
    yield from made_and_entered(file, project)


def factory(project: Project, entered: Node, named: Node) -> Value | None:
    """The factory that is entered; None for anything else, a mock, and what is there to fail."""
    value = project.value_of(entered)
    if value.kind not in FACTORIES or value.definition is not None or value.confidence is Confidence.LOW:
        return None
    return None if is_mocked(named) or is_expected_to_fail(entered) else value


def lending(project: Project, entered: Node) -> FunctionDef | None:
    """The context manager's function that is entered itself, where what it makes would lend a session."""
    value = project.value_of(entered)
    function = value.definition if value.kind is Kind.FUNCTION and value.confidence > Confidence.LOW else None
    if not isinstance(function, FunctionDef) or not function.decorated_by("asynccontextmanager", "contextmanager"):
        return None
    if len(function.decorators) > 1 or project.entered(project.result(function)).kind not in LENT:
        return None
    return None if is_mocked(entered) or is_expected_to_fail(entered) else function


def of_manager(file: SourceFile, given: Node, manager: FunctionDef) -> Finding:
    """The finding for a function that makes a context manager, and is none."""
    needs = len(manager.param_names) > manager.is_method
    return file.finding(
        factory_not_called,
        given,
        f"`{given.text}` is the function {manager.qualname}(), which makes the context manager when it is called and cannot be "
        "entered itself: TypeError at run time, before any query",
        confidence=Confidence.HIGH,
        remedy=f"{given.text}(...)" if needs else f"{given.text}()",
        related=(Related(message="the context manager", location=manager.file.location(manager)),),
        edits=() if needs else (file.insertion(given.end, "()", safe=False),),
    )


def made_and_entered(file: SourceFile, project: Project) -> Iterator[Finding]:
    """A factory that is made where a session is wanted."""
    for match in MADE.finditer(file.data):
        maker = reference_at(file, match.end(1) - 1)
        call = None if maker is None else maker.parent
        if not isinstance(call, Call) or call.func is not maker or not isinstance(call.parent, WithItem):
            continue
        value = factory(project, call, maker)
        if value is None:
            continue
        yield file.finding(
            factory_not_called,
            call,
            f"`{maker.text}()` gives {value.label}, which makes sessions when it is called and cannot be entered itself: "
            "TypeError at run time, before any query",
            confidence=value.confidence,
            remedy=f"enter a session of the factory that the application has, or {call.text}()",
            evidence=(Evidence(label="factory", value=maker.text, source=value.why),),
        )
