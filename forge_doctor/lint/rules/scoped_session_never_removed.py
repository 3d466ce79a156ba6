"""An `async_scoped_session` is used and nobody removes it.

Why: the registry keeps one session for each task until `await session.remove()`. Nobody calls that here: a task that
ends leaves its session behind, with the connection of its last query, until the pool is empty.

Bad:

    from asyncio import current_task
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    session = async_scoped_session(Session, scopefunc=current_task)

    async def count():
        return await session.scalar(text("select count(*) from orders"))

Good:

    from asyncio import current_task
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    session = async_scoped_session(Session, scopefunc=current_task)

    async def count():
        try:
            return await session.scalar(text("select count(*) from orders"))
        finally:
            await session.remove()

A plain `scoped_session` around AsyncSession comes to the same: it awaits no `close()`.

Wrong when: it is removed by another name, in a middleware maybe. Every `.remove()` without arguments in the project, of
this name, its origin's or one like a session's, keeps this rule silent, and so do `close()` of the registry and a block
that lends it, but for one whose manager is seen to end nothing.

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html (Using asyncio scoped session);
DataJunction/dj#1476; with SQLAlchemy 2.1.9 four requests left four sessions and four connections
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.entry_points import is_dependency, is_removed
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import UNKNOWN, Kind
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_contents
from forge_doctor.code.syntax.nodes import Attribute, Await, Call, Name, Node, WithItem, Yield
from forge_doctor.code.syntax.prefilter import AnyCall, AnyWord, Either
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.lint.dataflow.one_time import runs_once
from forge_doctor.regex import regex

CONNECTING = ("scalar", "scalars", "execute", "get", "get_one", "flush", "refresh", "stream", "stream_scalars", "merge")
# Of a plain registry, whose sessions belong to threads.
OF_THREADS = ("query", "execute", "scalar", "scalars", "commit", "flush")
SUSPECT = Either(AnyCall(*CONNECTING, *OF_THREADS, "scoped_session"), AnyWord(b"yield"))
USUAL = (
    "session",
    "Session",
    "db",
    "db_session",
    "scoped_session",
    "async_session",
    "scoped",
    "registry",
    "async_scoped",
)
ENDED = regex(rb"\.\s*(?:remove|close|aclose|close_all)\s*\(")


@check(severity=Severity.ERROR)
def scoped_session_never_removed(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the first use of each registry in a file."""
    if is_test_file(file) or runs_once(file):
        return
    told: set[str] = set()
    for call in file.calls(*CONNECTING, awaited=True):
        session = call.receiver
        if session is None or session.text in told or not isinstance(call.parent, Await):
            continue
        registry = registry_of(project, session)
        value = project.value_of(registry)
        if value.kind is not Kind.ASYNC_SCOPED or value.confidence is Confidence.LOW or call.function is None:
            continue
        told.update((session.text, registry.text))
        if not is_ended(project, file, registry) and not is_of_block(project, session):
            # What is removed by another name may be this one.
            sure = Confidence.MEDIUM if is_removed(project) else Confidence.HIGH
            yield found(file, call, registry, min(sure, value.confidence), value.why)
    if file.mentions(b"fastapi", b"starlette"):
        yield from of_threads(file, project, told)
    if file.mentions(b"yield") and has_registries(project):
        yield from of_lent(file, project, told)
    for call in file.calls("scoped_session"):
        yield from of_wrong_kind(file, project, call)


@kept_for_the_run
def has_registries(project: Project) -> bool:
    """Whether any file of the project makes one of asyncio."""
    return any(b"async_scoped_session" in data for data in marked_contents(project, Mark.ENGINES))


def of_lent(file: SourceFile, project: Project, told: set[str]) -> Iterator[Finding]:
    """`yield registry()` of a dependency or a context manager that ends nothing: who uses it knows of no registry."""
    for function in project.scopes(file).functions:
        if not function.is_async or not function.is_generator or re.search(ENDED.pattern, function.text.encode()):
            continue
        lent = next(iter(function.find(Yield, nested=False))).value
        made = None if lent is None else followed(project, lent)
        registry = made.func if isinstance(made, Call) and not made.args and not made.keywords else lent
        if registry is None or registry.text in told or not isinstance(registry, Name | Attribute):
            continue
        value = project.value_of(registry)
        if value.kind is not Kind.ASYNC_SCOPED or value.confidence is not Confidence.HIGH or lent is None:
            continue
        is_used = project.result(function).kind is Kind.ASYNC_CONTEXT or is_dependency(project, function)
        if is_used and not is_ended(project, file, registry):
            told.add(registry.text)
            yield found(file, lent, registry, Confidence.MEDIUM, value.why)


def of_wrong_kind(file: SourceFile, project: Project, call: Call) -> Iterator[Finding]:
    """`scoped_session(factory)` of a factory of AsyncSession: its `remove()` calls a coroutine function and awaits nothing."""
    made = project.value_of(call.args[0]) if call.args else UNKNOWN
    if not project.qualified(call.func).startswith("sqlalchemy.orm.") or made.confidence is not Confidence.HIGH:
        return
    if made.kind is Kind.ASYNC_FACTORY:
        yield file.finding(
            scoped_session_never_removed,
            call,
            "a plain `scoped_session` is given a factory of AsyncSession: its `remove()` calls the coroutine `close()` and awaits "
            "nothing, so no session is ever closed, and each keeps its connection",
            confidence=Confidence.HIGH,
            remedy="async_scoped_session(factory, scopefunc=asyncio.current_task), and `await registry.remove()`; or one "
            "`async with factory() as session:` a task",
            evidence=(Evidence(label="factory", value=call.args[0].text, source=made.why),),
        )


def of_threads(file: SourceFile, project: Project, told: set[str]) -> Iterator[Finding]:
    """A plain registry behind endpoints, which run in the loop's thread or in one of a pool: no end of a thread ends its
    session."""
    for call in file.calls(*OF_THREADS):
        registry = call.receiver
        if registry is None or registry.text in told or isinstance(call.parent, Await) or call.function is None:
            continue
        value = project.value_of(registry)
        if value.kind is not Kind.SCOPED or value.confidence is not Confidence.HIGH:
            continue
        told.add(registry.text)
        if not is_ended(project, file, registry):
            yield file.finding(
                scoped_session_never_removed,
                call,
                f"`{registry.text}` keeps a session for each thread, and `{registry.text}.remove()` is called nowhere in the "
                "project: the threads that run endpoints live on, each with its session and what that has begun",
                confidence=Confidence.MEDIUM,
                remedy=f"{registry.text}.remove() in the `finally` of a dependency, in the thread that used it; or one "
                "`with Factory() as session:` a request",
                evidence=(Evidence(label="registry", value=registry.text, source=value.why),),
            )


def registry_of(project: Project, session: Node) -> Node:
    """What the session comes from where a name was given that of the task: `session = registry()`."""
    made = followed(project, session)
    return made.func if isinstance(made, Call) and not made.args and not made.keywords else session


def is_of_block(project: Project, session: Node) -> bool:
    """Whether a block lends it, `async with scoped() as session:`, whose manager is there to end it: one that is seen to end
    nothing is none."""
    root = session
    while isinstance(root, Attribute):
        root = root.value
    found = project.scopes(session.file).lookup(root.text, root)
    item = None if found is None else found[1][-1].node
    if not isinstance(item, WithItem):
        return False
    manager = project.called(item.value) if isinstance(item.value, Call) else None
    return manager is None or re.search(ENDED.pattern, manager.text.encode()) is not None


def is_ended(project: Project, file: SourceFile, session: Node) -> bool:
    """Whether something may remove it, here or anywhere in the project."""
    name = session.text.rpartition(".")[2]
    if re.search(rb"\b" + re.escape(name).encode() + ENDED.pattern, file.data):
        return True
    function = session.function
    if function is not None and session.text in function.param_names:
        return is_removed(project)  # it may be any registry
    return is_removed(project, name, *USUAL)


def found(file: SourceFile, place: Node, session: Node, confidence: Confidence, why: str) -> Finding:
    """The finding, at the first use, or where it is lent."""
    return file.finding(
        scoped_session_never_removed,
        place,
        f"`{session.text}` keeps a session for each task, and `{session.text}.remove()` is called nowhere in the project: "
        "each task leaves its session and a connection of the pool behind",
        confidence=confidence,
        remedy=f"await {session.text}.remove() in a `finally` of the task, of a dependency or a middleware; or one "
        "`async with Factory() as session:` a request",
        evidence=(Evidence(label="registry", value=session.text, source=why),),
    )
