"""A session is made and nobody closes it.

Why: a session that has run a statement holds a connection of the pool until it is closed, committed or rolled
back. Nobody closes this one: each call, or each failing call, keeps a connection until the garbage collector finds
it (SQLAlchemy then terminates it with a warning), and the pool runs dry.

Bad:

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def count():
        session = Session()
        return await session.scalar(text("select count(*) from orders"))

Good:

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def count():
        async with Session() as session:
            return await session.scalar(text("select count(*) from orders"))

Source: https://docs.sqlalchemy.org/en/20/orm/session_basics.html (Opening and Closing a Session)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.entry_points import background_starter
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Finding, Severity
from forge_doctor.lint.dataflow.sessions.creation import MAKES_SESSIONS
from forge_doctor.lint.dataflow.sessions.leaks import leak_finding, leaks_in

SUSPECT = MAKES_SESSIONS


@check(severity=Severity.ERROR)
def unclosed_session(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every session that is made and not entered at once."""
    for leak in leaks_in(file, project):
        if not background_starter(project, leak.function):
            yield leak_finding(unclosed_session, leak)
