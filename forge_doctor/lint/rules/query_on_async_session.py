"""`query` is called on an async session, which has no such method.

Why: `Session.query` was left out of AsyncSession on purpose: the legacy Query sends its SQL from
plain methods. `db.query(...)` raises AttributeError the first time the line runs.

Bad:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def find(db: AsyncSession, name):
        return await db.query(User).filter(User.name == name).first()

Good:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    async def find(db: AsyncSession, name):
        return (await db.scalars(select(User).where(User.name == name).limit(1))).first()

Wrong when: a subclass of the project has a `query` of its own or answers any name, or the code asks with `hasattr`.

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html (AttributeError seen with 2.0.30, 2.0.54, 2.1.9)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.query_chain import query_chain
from forge_doctor.code.semantics.library.kinds import Value
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Await, Call, Node, Str
from forge_doctor.code.syntax.prefilter import AnyCall
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.lint.dataflow.sessions.own_methods import may_have

SUSPECT = AnyCall("query")


@check(severity=Severity.ERROR)
def query_on_async_session(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every call of `query`."""
    for call in file.calls("query"):
        receiver = call.receiver
        if receiver is None:
            continue
        value = project.known(receiver)
        if not value.kind.is_async_session or value.confidence is Confidence.LOW or may_have(project, value, call):
            continue
        if is_mocked(receiver):
            continue
        if value.confidence is Confidence.HIGH or looks_like_orm(call):
            yield found(file, call, receiver, value, project)


def looks_like_orm(call: Call) -> bool:
    """Other clients have a `query` too: theirs is awaited itself, or takes text, or keywords."""
    first = call.args[0] if call.args else None
    return first is not None and not isinstance(first, Str | Await) and not isinstance(call.parent, Await)


def found(file: SourceFile, call: Call, receiver: Node, value: Value, project: Project) -> Finding:
    """The finding, with the statement to write."""
    chain = query_chain(project, call)
    sure = value.confidence is Confidence.HIGH
    name = receiver.text if isinstance(receiver, Attribute) or receiver.text.isidentifier() else "session"
    return file.finding(
        query_on_async_session,
        call,
        f"`{name}` is {value.label}, which has no `query`: the line fails with AttributeError when it runs",
        confidence=value.confidence,
        remedy=chain.rewritten(is_async=True),
        evidence=(Evidence(label="receiver", value=value.label, source=value.why),) if value.why else (),
        edits=chain.edits(is_async=True) if sure else (),
    )
