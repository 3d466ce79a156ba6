"""A plain `with` enters what only `async with` can enter.

Why: an AsyncSession, its transaction, an AsyncConnection and `factory.begin()` have no `__enter__`:
the statement fails with AttributeError or TypeError before its body runs.

Bad:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def save(db: AsyncSession, user):
        with db.begin():
            db.add(user)

Good:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def save(db: AsyncSession, user):
        async with db.begin():
            db.add(user)

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html (AsyncSession is an async context manager)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, ClassDef, With, WithItem
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"async", b"Async")
WITH = regex(rb"^[ \t\f]*with\b", re.MULTILINE)
# What no engine of the project need be made for.
CLASSES = (b"AsyncConnection", b"AsyncTransaction")
ENTERED = frozenset(
    {Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.ASYNC_CONNECTION, Kind.ASYNC_TRANSACTION, Kind.STARTABLE}
)


@check(severity=Severity.ERROR)
def sync_with_on_async_session(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every plain `with`, if something of asyncio's can be known by its class."""
    if not (project.has_async_sessions or file.mentions(*CLASSES)):
        return
    for match in WITH.finditer(file.data):
        keyword = file.node_at(match.end() - 1)
        statement = None if keyword is None else keyword.parent
        if not isinstance(statement, With) or statement.is_async:
            continue
        for item in statement.items:
            value = judged(item, project)
            if value is not None:
                yield found(file, statement, item, value)


def judged(item: WithItem, project: Project) -> Value | None:
    """What is entered, if only `async with` can."""
    value = project.value_of(item.value)
    if isinstance(value.definition, ClassDef) and project.method(value.definition, "__enter__") is not None:
        return None
    if value.kind is Kind.ASYNC_CONTEXT and isinstance(item.value, Call):
        inner = value.inner.kind
        return value.inner if inner.is_async else None
    if value.kind in ENTERED and value.confidence > Confidence.LOW:
        return value.inner if value.kind is Kind.STARTABLE else value
    return None


def found(file: SourceFile, statement: With, item: WithItem, value: Value) -> Finding:
    """The finding; `async` can be put there where everything entered wants it and the function is async."""
    function = statement.function
    alone = len(statement.items) == 1 and function is not None and function.is_async
    return file.finding(
        sync_with_on_async_session,
        item,
        f"`with` cannot enter {value.label}: it has no `__enter__`, the block fails before it begins",
        confidence=value.confidence,
        remedy=f"async with {item.text}:",
        edits=(file.insertion(statement.start, "async "),) if alone else (),
    )
