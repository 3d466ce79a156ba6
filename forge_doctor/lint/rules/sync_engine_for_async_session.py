"""An async session is made with a synchronous engine.

Why: AsyncSession and async_sessionmaker take an AsyncEngine. `create_engine` makes a synchronous one: the first session
that is made raises ArgumentError, "AsyncEngine expected, got Engine".

Bad:

    from sqlalchemy import create_engine
    from sqlalchemy.ext.asyncio import async_sessionmaker

    engine = create_engine("postgresql+psycopg://localhost/shop")
    Session = async_sessionmaker(engine)

Good:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    engine = create_async_engine("postgresql+psycopg://localhost/shop")
    Session = async_sessionmaker(engine)

Wrong when: the factory is given another engine before it makes a session (`Session.configure(bind=...)`): a project that
    says so is left alone. So is an engine that is a parameter: its annotation may be wrong, and nothing else tells; and a
    factory that a test module makes and never uses.
Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.async_sessionmaker (the error
    was seen with 2.0.30 and 2.1.9)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Call, Keyword, Name, Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Related, Severity

SUSPECT = AnyWord(b"sessionmaker", b"AsyncSession")
MAKERS = ("async_sessionmaker", "AsyncSession", "sessionmaker")


@check(severity=Severity.ERROR)
def sync_engine_for_async_session(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every session or factory that is given an engine."""
    for call in file.calls(*MAKERS):
        bind = call.argument(0, "bind")
        if bind is None or not makes_async_sessions(project, call) or b"configure(" in file.data:
            continue
        value = project.known(bind)
        sync = value.kind in (Kind.ENGINE, Kind.CONNECTION) and value.confidence is Confidence.HIGH
        if sync and not is_annotated_alone(bind) and not is_left_unused(call):
            yield found(file, call, bind, value.definition)


def is_annotated_alone(bind: Node) -> bool:
    """Whether an annotation alone says what the engine is: of the two that disagree here it is the one not executed."""
    function = bind.function
    return isinstance(bind, Name) and function is not None and function.param(bind.text) is not None


def is_left_unused(call: Call) -> bool:
    """Whether a test module makes the factory and never names it again: nothing imports one from there."""
    bound = call.parent.target if isinstance(call.parent, Assign) else None
    if not isinstance(bound, Name) or not bound.file.absolute.name.startswith("test_") or call.function is not None:
        return False
    return len(re.findall(rb"\b" + re.escape(bound.text).encode() + rb"\b", bound.file.data)) == 1


def makes_async_sessions(project: Project, call: Call) -> bool:
    """Whether SQLAlchemy makes async sessions with it."""
    name = project.qualified(call.func)
    if call.method != "sessionmaker":
        return name.startswith("sqlalchemy.ext.asyncio")
    given = next((one.value for one in call.keywords if isinstance(one, Keyword) and one.name == "class_"), None)
    return given is not None and project.qualified(given).startswith("sqlalchemy.ext.asyncio")


def found(file: SourceFile, call: Call, bind: Node, made: Node | None) -> Finding:
    """The finding at the engine that is given."""
    related = () if made is None else (Related(message="the engine is made here", location=made.file.location(made)),)
    return file.finding(
        sync_engine_for_async_session,
        bind,
        f"`{bind.text}` is a synchronous engine, and `{call.method}` needs an AsyncEngine: the first session fails with "
        "ArgumentError",
        confidence=Confidence.HIGH,
        remedy="create_async_engine(...) in the place of create_engine(...)",
        related=related,
    )
