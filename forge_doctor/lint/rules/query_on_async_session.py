"""`query` is called on an async session, which has no such method.

Why: `Session.query` was left out of AsyncSession on purpose: the legacy Query sends its SQL from
plain methods. `db.query(...)` raises AttributeError the first time the line runs. A class, or what stands in a module
outside of classes, gives one finding with the number of its calls: one for those that `--fix` rewrites, one for the others.

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
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.orm.query_chain import query_chain
from forge_doctor.code.semantics.library.kinds import Value
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Await, Call, ClassDef, Node, Str
from forge_doctor.code.syntax.prefilter import AnyCall
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked
from forge_doctor.finding import Confidence, Edit, Evidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.sessions.own_methods import may_have

SUSPECT = AnyCall("query")
MOST_RELATED = 30


class Asked(NamedTuple):
    """A call of `query`, the session it is asked of, and what rewrites it."""

    call: Call
    receiver: Node
    value: Value
    edits: tuple[Edit, ...]


@check(severity=Severity.ERROR)
def query_on_async_session(file: SourceFile, project: Project) -> Iterator[Finding]:
    """One finding a class, and one for what stands outside of classes, at the first call of `query`."""
    groups: dict[tuple[Node | None, Confidence, bool], list[Asked]] = {}
    for one in asked_in(file, project):
        groups.setdefault((one.call.class_, one.value.confidence, bool(one.edits)), []).append(one)
    for (class_, *_), alike in groups.items():
        while alike:
            taken = apart(alike)
            alike = [one for one in alike if one not in taken]
            yield found(file, project, class_, taken)


def asked_in(file: SourceFile, project: Project) -> Iterator[Asked]:
    """The calls of `query` that fail, in order."""
    for call in sorted(file.calls("query"), key=lambda one: one.start):
        receiver = call.receiver
        if receiver is None:
            continue
        value = project.known(receiver)
        if not value.kind.is_async_session or value.confidence is Confidence.LOW or may_have(project, value, call):
            continue
        if is_mocked(receiver):
            continue
        sure = value.confidence is Confidence.HIGH
        if sure or looks_like_orm(call):
            edits = query_chain(project, call).edits(is_async=True) if sure else ()
            yield Asked(call, receiver, value, edits)


def apart(calls: list[Asked]) -> list[Asked]:
    """Those of the calls that can be rewritten together; a query inside another is left for the next round."""
    taken: list[Asked] = []
    end = -1
    for one in calls:
        outer = one.call.statement
        if not one.edits or outer.start >= end:
            taken.append(one)
            end = outer.end
    return taken


def looks_like_orm(call: Call) -> bool:
    """Other clients have a `query` too: theirs is awaited itself, or takes text, or keywords."""
    first = call.args[0] if call.args else None
    return first is not None and not isinstance(first, Str | Await) and not isinstance(call.parent, Await)


def found(file: SourceFile, project: Project, class_: Node | None, calls: list[Asked]) -> Finding:
    """The finding at the first of the calls, with the statement to write."""
    call, receiver, value, _ = calls[0]
    name = receiver.text if isinstance(receiver, Attribute) or receiver.text.isidentifier() else "session"
    more = ""
    if len(calls) > 1:
        where = f"class {class_.name}" if isinstance(class_, ClassDef) else "this module"
        more = f" (and {len(calls) - 1} more calls in {where})"
    return file.finding(
        query_on_async_session,
        call,
        f"`{name}` is {value.label}, which has no `query`: the line{more} fails with AttributeError when it runs",
        confidence=value.confidence,
        remedy=query_chain(project, call).rewritten(is_async=True),
        evidence=(
            *((Evidence(label="calls of query", value=len(calls), source=file.path),) if more else ()),
            *((Evidence(label="receiver", value=value.label, source=value.why),) if value.why else ()),
        ),
        related=tuple(
            Related(message=f"{one.call.func.text}()", location=file.location(one.call))
            for one in calls[1 : MOST_RELATED + 1]
        ),
        edits=tuple(dict.fromkeys(edit for one in calls for edit in one.edits)),
    )
