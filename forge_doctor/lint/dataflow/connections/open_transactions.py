"""What has opened the transaction that is open at a place of a function, and how sure that is; asks nobody what waits there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.orm.query_chain import query_chain
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Attribute, Call, FunctionDef, Name, Node, With
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.connections.handles import Handles, written_as
from forge_doctor.lint.dataflow.control_flow import within_function
from forge_doctor.lint.dataflow.objects.autocommit import is_autocommit
from forge_doctor.lint.dataflow.sessions.transactions import (
    ENDING,
    HOLDERS,
    READING,
    BeginBlock,
    begin_blocks,
    calls_of,
    is_awaited,
    is_handed,
    is_write,
    opened_by,
    stacked_by,
)

# So many calls back a transaction is looked for.
MOST_CALLS = 24
# What a plain session sends without an await, and little else is called.
SENT_AT_ONCE = frozenset({"execute", "scalar", "scalars", "exec", "flush"})
DRIVERS = (Kind.ASYNCPG_CONNECTION, Kind.PSYCOPG_CONNECTION)
SYNC_HOLDERS = (Kind.SESSION, Kind.SCOPED, Kind.CONNECTION)


class Opened(NamedTuple):
    """A transaction: the call that opens it, by which names the code reaches the session, and how sure that is."""

    opener: Call
    session: str
    confidence: Confidence
    handles: Handles = ()

    @property
    def reach(self) -> Handles:
        """The names."""
        return self.handles or written_as(self.session)


def may_open(call: Call) -> bool:
    """Cheap: whether a transaction may begin with it."""
    return call.method in READING or call.method in ("flush", "begin", "query")


def opening(project: Project, function: FunctionDef, call: Call, before: list[Call]) -> Opened | None:
    """What opened the transaction that is open at the call, and how sure that is: of all that may have, the surest."""
    block = next((one for one in begin_blocks(project, call) if not one.is_nested), None) or begun_by_driver(
        project, call
    )
    if block is not None and not ended(function, block.session, block.statement.start, call.start):
        return Opened(block.opener, block.session, block.confidence)
    known, ended_here = openers(project, function), set[str]()
    found: Opened | None = None
    for first in reversed(before) if known else ():
        session = "" if first.receiver is None else first.receiver.text
        if first.method in ENDING:
            ended_here.add(session)
        confidence = None if session in ended_here else known.get(first)
        if confidence is None or not always_before(first, call) or not in_reach(first, call):
            continue
        if found is not None and (found.session != session or found.confidence >= confidence):
            continue
        if not is_handed(function, session, first.end, call.start):
            found = Opened(first, session, confidence)
        if found is not None and found.confidence is Confidence.HIGH:
            return found
    return found


def begun_by_driver(project: Project, place: Node) -> BeginBlock | None:
    """The block of `async with connection.transaction():` around a place, where that is a connection of asyncpg's or psycopg's
    own: it sends BEGIN when it is entered."""
    around = (one for one in within_function(place) if isinstance(one, With) and one.is_async)
    for statement in around if place.file.mentions(b".transaction(") else ():
        for item in statement.items:
            begun = item.value
            if not isinstance(begun, Call) or begun.method != "transaction" or begun.receiver is None:
                continue
            value = project.known(begun.receiver)
            if value.kind in DRIVERS and value.confidence > Confidence.LOW and item.end < place.start:
                return BeginBlock(statement, begun.receiver.text, begun, value.confidence, is_nested=False)
    return None


def openers(project: Project, function: FunctionDef) -> dict[Call, Confidence]:
    """The calls of a function that open a transaction, with how sure that is; found once."""
    known: dict[FunctionDef, dict[Call, Confidence]] = function.file.kept.setdefault(openers, {})
    if function not in known:
        told = ((call, opens(project, call)) for call in calls_of(function) if may_open(call))
        known[function] = {call: confidence for call, confidence in told if confidence is not None}
    return known[function]


def opens(project: Project, call: Call) -> Confidence | None:
    """Whether a call surely opens a transaction: a statement sent; MEDIUM for one that only reads."""
    function = call.function
    if call.method == "begin" or call.receiver is None or function is None:
        return None
    # A dict's `get` has no model and key; nobody else awaits what is cheap to look at.
    if call.method == "query":
        if not query_chain(project, call).end:
            return None
    elif (function.is_async and not is_awaited(call) and call.method not in SENT_AT_ONCE) or (
        call.method == "get" and not function.is_async and len(call.args) < 2
    ):
        return None
    value = project.known(call.receiver)
    fits = value.kind in HOLDERS if function.is_async and is_awaited(call) else value.kind in SYNC_HOLDERS
    if not fits or value.confidence is Confidence.LOW or is_autocommit(project, call.receiver, value.kind):
        return None
    return value.confidence if is_write(project, call) else Confidence.MEDIUM


def in_reach(first: Call, call: Call) -> bool:
    """Whether the session that made the first call, or what holds it, is still open at the second: a `begin()` of it around
    the first alone has ended the transaction."""
    begun = "" if first.receiver is None else f"{first.receiver.text}.begin"
    for around in first.ancestors:
        if isinstance(around, FunctionDef):
            break
        items = around.items if isinstance(around, With) and not around.contains(call) else ()
        if any(isinstance(one.value, Call) and one.value.func.text == begun for one in items):
            return False
    root = first.receiver
    while isinstance(root, Attribute):
        root = root.value
    if not isinstance(root, Name):
        return True
    statement: With | None = opened_by(root)
    if statement is None and (stacked := stacked_by(root)) is not None:
        statement = stacked.block
        if any(one.method == "aclose" for one in endings_of(first, stacked.stack, call)):
            return False
    return statement is None or statement.contains(call)


def endings_of(first: Call, stack: str, call: Call) -> Iterator[Call]:
    """What an exit stack is told to let go of between two calls of the same function."""
    for one in () if first.function is None else endings(first.function, stack):
        if first.end <= one.start and one.end <= call.start:
            yield one


def ended(function: FunctionDef, session: str, start: int, end: int) -> bool:
    """Whether the transaction may have ended between two places."""
    return any(start <= one.start and one.end <= end for one in endings(function, session))


def endings(function: FunctionDef, session: str) -> tuple[Call, ...]:
    """What may end a session's transaction in a function; found once."""
    known: dict[tuple[FunctionDef, str], tuple[Call, ...]] = function.file.kept.setdefault(endings, {})
    key = (function, session)
    if key not in known:
        calls = (one for one in calls_of(function) if one.method in ENDING and one.receiver is not None)
        known[key] = tuple(one for one in calls if one.is_on(session))
    return known[key]
