"""What throws the values of a session's objects away: a commit, a rollback, the end of a begin block, an UPDATE; looks at
no object."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, Node, With, WithItem
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.sessions.transactions import begun_by, is_awaited, session_calls


class Why(Enum):
    """What emptied the object."""

    COMMIT = "commit"
    ROLLBACK = "rollback"
    BLOCK = "end of the begin block"
    UPDATE = "UPDATE"


class Cause(NamedTuple):
    """A place behind which objects of a session are empty, or have lost the values that an UPDATE sets."""

    why: Why
    node: Call
    statement: Node
    session: Node
    confidence: Confidence


def causes(file: SourceFile, project: Project) -> Iterator[Cause]:
    """What empties objects, in order of the text; what an UPDATE does comes last, since a commit may do more."""
    ends = list(session_calls(file, project, frozenset({"commit", "rollback", "flush"})))
    awaited = [(call, confidence) for call, confidence in ends if is_awaited(call) and call.receiver is not None]
    for call, confidence in awaited:
        if call.method != "flush" and call.receiver is not None:
            why = Why.COMMIT if call.method == "commit" else Why.ROLLBACK
            yield Cause(why, call, call, call.receiver, confidence)
    for call in file.calls("begin"):
        yield from blocks_begun(project, call)
    for call, confidence in awaited:
        if call.method != "rollback" and call.receiver is not None:
            yield Cause(Why.UPDATE, call, call, call.receiver, confidence)


def blocks_begun(project: Project, call: Call) -> Iterator[Cause]:
    """The end of `async with Session.begin() as session` and of `async with session.begin()`, which commits."""
    item = call.parent
    statement = item.enclosing(With) if isinstance(item, WithItem) else None
    if statement is None or not statement.is_async or not isinstance(item, WithItem):
        return
    for block in begun_by(project, statement):
        session = item.target or call.receiver
        if block.opener is call and not block.is_nested and session is not None:
            is_own = call.receiver is not None and block.session == call.receiver.text
            yield Cause(
                Why.BLOCK, call, statement, call.receiver if is_own and call.receiver else session, block.confidence
            )
