"""A background job makes a session and nobody closes it.

Why: a job runs outside of any request, so no dependency closes its session. Each run keeps a connection of the pool,
often "idle in transaction", and says nothing: the pool runs dry hours later, far away from the cause.

Bad:

    from fastapi import BackgroundTasks
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def send_mails():
        session = Session()
        await session.execute(text("select 1"))

    async def order(tasks: BackgroundTasks):
        tasks.add_task(send_mails)

Good:

    from fastapi import BackgroundTasks
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def send_mails():
        async with Session() as session:
            await session.execute(text("select 1"))

    async def order(tasks: BackgroundTasks):
        tasks.add_task(send_mails)

Source: https://docs.sqlalchemy.org/en/20/orm/session_basics.html (Opening and Closing a Session);
masumi-network/kodosumi#38 (a leak of 78 connections an hour)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.entry_points import background_starter
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Finding, Severity
from forge_doctor.lint.dataflow.sessions.leaks import leak_finding, leaks_in
from forge_doctor.lint.rules.unclosed_session import SUSPECT as SUSPECT


@check(severity=Severity.CRITICAL)
def unclosed_session_in_background(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every session made in a function that something runs in the background."""
    for leak in leaks_in(file, project):
        starter = background_starter(project, leak.function)
        if starter:
            yield leak_finding(unclosed_session_in_background, leak, starter)
