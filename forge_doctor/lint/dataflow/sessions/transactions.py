"""Where a function opens, writes in and ends a transaction; judges no statement's effect in the database."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain, islice
from typing import NamedTuple

from forge_doctor.code.orm.statements import sql_of
from forge_doctor.code.semantics.library.kinds import Kind, words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Await, Call, FunctionDef, Keyword, Name, Node, With, Yield
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence

SESSIONS = (Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED)
HOLDERS = (*SESSIONS, Kind.ASYNC_CONNECTION)
READING = words("execute scalar scalars stream stream_scalars exec get get_one refresh")
PENDING = words("add add_all delete merge")
MAX_DEPTH = 3  # of context managers that enter each other
ENDING = words("commit rollback close aclose remove invalidate reset")


class BeginBlock(NamedTuple):
    """`async with session.begin():`, or of a context manager of the project that yields its session in such a block.

    `session` is how the code inside calls the session or connection; `is_nested` is True for a savepoint.
    """

    statement: With
    session: str
    opener: Call
    confidence: Confidence
    is_nested: bool


def begin_blocks(project: Project, node: Node, depth: int = 0) -> Iterator[BeginBlock]:
    """The begin blocks around a node in its function, the nearest first."""
    for around in node.ancestors:
        if isinstance(around, FunctionDef):
            return
        if isinstance(around, With) and around.is_async:
            yield from reversed(list(begun_by(project, around, depth)))


def begun_by(project: Project, statement: With, depth: int = 0) -> Iterator[BeginBlock]:
    """The begin blocks that one `async with` opens."""
    for item in statement.items:
        call = item.value
        if not isinstance(call, Call):
            continue
        if call.method not in ("begin", "begin_nested") or call.receiver is None:
            if item.target is not None and (kept := _held_by_manager(project, call, depth)) is not None:
                yield kept._replace(statement=statement, session=item.target.text, opener=call)
            continue
        value = project.known(call.receiver)
        if value.confidence is Confidence.LOW:
            continue
        if value.kind in HOLDERS:
            yield BeginBlock(statement, call.receiver.text, call, value.confidence, call.method == "begin_nested")
        elif value.kind in (Kind.ASYNC_FACTORY, Kind.ASYNC_ENGINE) and item.target is not None:
            yield BeginBlock(statement, item.target.text, call, value.confidence, is_nested=False)


def _held_by_manager(project: Project, call: Call, depth: int) -> BeginBlock | None:
    """The begin block in which a context manager of the project yields its session, in that function's own words."""
    manager = project.value_of(call.func).definition if depth < MAX_DEPTH else None
    if not isinstance(manager, FunctionDef) or not manager.file.mentions(b".begin"):
        return None
    yields = list(manager.find(Yield, nested=False))
    given = yields[0].value if len(yields) == 1 else None
    if given is None:
        return None
    return next((block for block in begin_blocks(project, yields[0], depth + 1) if block.session == given.text), None)


def session_calls(file: SourceFile, project: Project, methods: frozenset[str]) -> Iterator[tuple[Call, Confidence]]:
    """Calls of these methods on what is surely (or most likely) a session or connection, outside of lambdas."""
    for call in file.calls(*sorted(methods)):
        receiver = call.receiver
        if not isinstance(receiver, Name | Attribute):
            continue
        value = project.known(receiver)
        if value.kind in HOLDERS and value.confidence > Confidence.LOW:
            yield call, value.confidence


def calls_between(function: FunctionDef, start: int, end: int) -> Iterator[Call]:
    """The calls of a function itself between two places, in order of the text."""
    return _between(calls_of(function), start, end)


def _between(calls: list[Call], start: int, end: int) -> Iterator[Call]:
    first = bisect_left(calls, start, key=lambda one: one.start)
    for call in islice(calls, first, None):
        if call.start >= end:
            return
        if call.end <= end:
            yield call


def calls_of(function: FunctionDef) -> list[Call]:
    """All calls of a function itself, in order of the text; found once."""
    known: dict[FunctionDef, list[Call]] = function.file.kept.setdefault(calls_of, {})
    found = known.get(function)
    if found is None:
        found = known[function] = sorted(function.find(Call, nested=False), key=lambda one: one.start)
    return found


def calls_named(function: FunctionDef, methods: Iterable[str], start: int, end: int) -> Iterator[Call]:
    """Those of them that are called by one of these names, in order of the text: many names are a set, in no order."""
    known: dict[FunctionDef, dict[str, list[Call]]] = function.file.kept.setdefault(calls_named, {})
    if function not in known:
        by_name = known[function] = {}
        for call in calls_of(function):
            by_name.setdefault(call.method, []).append(call)
    named = [_between(calls, start, end) for method in methods if (calls := known[function].get(method))]
    return merge(*named, key=lambda one: (one.start, -one.end)) if len(named) > 1 else chain(*named)


def is_awaited(call: Call) -> bool:
    """Whether `await` stands right before."""
    return isinstance(call.parent, Await)


def is_write(project: Project, call: Call) -> bool:
    """Whether a session's method surely changes rows, now or at the next flush."""
    if call.method in PENDING or call.method == "flush":
        return True
    return call.method in ("execute", "scalar", "scalars", "exec") and sql_of(project, first_argument(call)).is_write


def first_argument(call: Call) -> Node | None:
    """The statement a session executes."""
    return call.argument(0, "statement")


def is_handed(function: FunctionDef, session: str, start: int, end: int) -> bool:
    """Whether the session goes to somebody else between two places: passed, returned, yielded, stored."""
    word = re.escape(session).encode()
    root = re.escape(session.partition(".")[0]).encode()
    # What follows on the next line is another statement's.
    alone = rb"(?<![\w.])" + word + rb"(?![ \t]*[.\w(=])|(?<![\w.])" + word + rb"\s*==?"
    data = function.file.data
    if re.search(alone, data[start:end]) is not None:
        return True
    if root != word and root in (b"self", b"cls"):  # methods of the same object see the same session
        return re.search(rb"\b" + root + rb"\.\w+\s*\(", data[start:end]) is not None
    return False


def mentions(node: Node, session: str) -> bool:
    """Whether a call is given the session."""
    if not isinstance(node, Call):
        return False
    given = [*node.args, *(one.value for one in node.keywords if isinstance(one, Keyword))]
    return any(one.text == session for one in given)


def opened_by(name: Node) -> With | None:
    """The `with` of the same function that binds a session."""
    for around in name.ancestors:
        if isinstance(around, FunctionDef):
            return None
        if isinstance(around, With):
            for item in around.items:
                if item.target is not None and item.target.text == name.text:
                    return around
    return None


def is_in_ending_block(call: Call) -> bool:
    """Whether `with session.begin():` or `with session:` around it gives the connection back."""
    session = "" if call.receiver is None else call.receiver.text
    return any(
        item.value.text == session or (isinstance(item.value, Call) and item.value.func.text == f"{session}.begin")
        for around in call.ancestors
        if isinstance(around, With)
        for item in around.items
    )


class Stacked(NamedTuple):
    """A session that an exit stack closes: what opened it, the stack's name, and its block where it has one in the function."""

    opener: Call
    stack: str
    block: With | None


def stacked_by(name: Name) -> Stacked | None:
    """The exit stack that a session is entered in: `session = await stack.enter_async_context(Session())`."""
    function = name.function
    if function is None or not name.file.mentions(b"ExitStack"):
        return None
    for one in stacked_in(function):
        if one[0] == name.text:
            return one[1]
    return None


def stacked_in(function: FunctionDef) -> tuple[tuple[str, Stacked], ...]:
    """What a function enters in exit stacks, by the names it is bound to; found once."""
    known: dict[FunctionDef, tuple[tuple[str, Stacked], ...]] = function.file.kept.setdefault(stacked_in, {})
    if function not in known:
        known[function] = tuple(_stacked_in(function)) if function.file.mentions(b"ExitStack") else ()
    return known[function]


def _stacked_in(function: FunctionDef) -> Iterator[tuple[str, Stacked]]:
    for call in calls_of(function):
        if call.method not in ("enter_async_context", "enter_context") or call.receiver is None or not call.args:
            continue
        opener = call.args[0]
        assign = call.parent.parent if isinstance(call.parent, Await) else call.parent
        if isinstance(opener, Call) and isinstance(assign, Assign) and isinstance(assign.target, Name):
            block = opened_by(call.receiver) if isinstance(call.receiver, Name) else None
            yield assign.target.text, Stacked(opener, call.receiver.text, block)
